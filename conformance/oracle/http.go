package oracle

import (
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
)

// startHTTP serves a folder on a port of the loopback address: its files, /status/N an answer of that status, and /header/NAME
// what a request had under that name. The returned function ends it.
func startHTTP(dir, port string) (func(), error) {
	l, err := net.Listen("tcp", "127.0.0.1:"+port)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/", http.FileServer(http.Dir(dir)))
	mux.HandleFunc("/status/", func(w http.ResponseWriter, r *http.Request) {
		code, err := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/status/"))
		if err != nil || code < 200 || code > 599 {
			code = http.StatusBadRequest
		}
		w.WriteHeader(code)
		fmt.Fprintf(w, "status %d\n", code)
	})
	mux.HandleFunc("/header/", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, r.Header.Get(strings.TrimPrefix(r.URL.Path, "/header/")))
	})
	mux.Handle("/moved", http.RedirectHandler("/status/200", http.StatusFound))
	server := &http.Server{Handler: mux}
	go func() { _ = server.Serve(l) }() // ends with Close
	return func() { _ = server.Close() }, nil
}
