# The loop. This follows server.py and action.py in one program.
channel, workers, world, templars = Channel(), Workers(), World(), Templars()
try:
    dialect = Classic() if version() < [2, 19] else Tagged()
    channel.send({"id": 0, "ok": True, "say": []})
except Exception as e:
    channel.send({"id": 0, "error": failure(e), "say": []})
    sys.exit(1)
threading.Thread(target=listener, daemon=True).start()
workers.run()
