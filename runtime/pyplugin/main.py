# The loop. This follows the other files in one program.
channel, workers, world, templars = Channel(), Workers(), World(), Templars()
try:
    with contextlib.redirect_stderr(io.StringIO()):  # while it is imported Ansible tells of its settings, as pbc has done
        dialect = Classic() if version() < [2, 19] else Tagged()
    channel.send({"id": 0, "ok": True, "say": []})
except Exception as e:
    channel.send({"id": 0, "error": failure(e), "say": []})
    sys.exit(1)
threading.Thread(target=listener, daemon=True).start()
workers.run()
