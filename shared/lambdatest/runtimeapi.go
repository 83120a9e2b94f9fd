package lambdatest

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// handler is the Runtime API, version 2018-06-01.
func (p *process) handler() http.Handler {
	current := make(chan string, 1) // the invocation that waits for its answer
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", func(w http.ResponseWriter, r *http.Request) {
		select {
		case p.asked <- time.Now():
		case <-p.exited:
			return
		case <-r.Context().Done():
			return
		}
		select {
		case inv := <-p.work:
			current <- inv.id
			h := w.Header()
			h.Set("Content-Type", "application/json")
			h.Set("Lambda-Runtime-Aws-Request-Id", inv.id)
			h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(inv.deadline.UnixMilli(), 10))
			h.Set("Lambda-Runtime-Invoked-Function-Arn", functionARN)
			h.Set("Lambda-Runtime-Trace-Id", newTraceID(time.Now()))
			_, _ = w.Write(inv.event) // a process that is gone is seen by its exit
		case <-p.exited:
		case <-r.Context().Done():
		}
	})
	take := func(w http.ResponseWriter, r *http.Request, a answer) {
		select {
		case id := <-current:
			if id == r.PathValue("id") {
				p.answers <- a
				accept(w)
				return
			}
			current <- id
		default:
		}
		refuse(w, http.StatusBadRequest, "InvalidRequestID", "no invocation of this id waits for an answer")
	}
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/response", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(io.LimitReader(r.Body, MaxPayload+1))
		switch {
		case err != nil:
			refuse(w, http.StatusBadRequest, "InvalidBody", err.Error())
		case len(body) > MaxPayload:
			message := fmt.Sprintf("Response payload size exceeded maximum allowed payload size (%d bytes).", MaxPayload)
			take(w, r, answer{err: &Error{Type: TooLarge, Message: message}})
		default:
			take(w, r, answer{payload: body})
		}
	})
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/error", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(io.LimitReader(r.Body, MaxPayload))
		take(w, r, answer{err: decodeError(body)})
	})
	mux.HandleFunc("POST /2018-06-01/runtime/init/error", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(io.LimitReader(r.Body, MaxPayload))
		select {
		case p.initErr <- decodeError(body):
			accept(w)
		default:
			refuse(w, http.StatusForbidden, "InvalidStateTransition", "an initialization error has been reported already")
		}
	})
	return mux
}

func accept(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusAccepted)
	_, _ = io.WriteString(w, `{"status":"OK"}`)
}

func refuse(w http.ResponseWriter, status int, kind, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `{"errorType":%q,"errorMessage":%q}`, kind, message)
}
