package media

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// maxFiles bounds the files that are open at once.
const maxFiles = 16

// Serve does for a parent process what may hang with a medium: it opens a folder and does
// what a Folder does, by requests from in and with answers to out, until in ends. It is the
// whole of a helper process, and reads nothing else.
func Serve(in io.Reader, out io.Writer) error {
	s := &server{files: map[int]io.Closer{}}
	defer s.close()
	for {
		var req request
		body, err := readFrame(in, &req)
		if errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return nil
		}
		if err != nil {
			return err
		}
		answer, data, err := s.do(req, body)
		if errors.Is(err, io.EOF) {
			answer.End, err = true, nil
		}
		if err != nil {
			answer = reply{Fault: newFault(err)}
		}
		if err := writeFrame(out, answer, data); err != nil {
			return err
		}
	}
}

type server struct {
	folder Folder
	files  map[int]io.Closer // Writers and Readers
	last   int
}

func (s *server) close() {
	for _, f := range s.files {
		f.Close()
	}
	if s.folder != nil {
		s.folder.Close()
	}
}

func (s *server) do(req request, body []byte) (answer reply, data []byte, err error) {
	switch {
	case req.Op == "ask":
		a, err := Ask(context.Background(), req.Name, req.ID)
		return reply{Answer: &a}, nil, err
	case req.Op == "resolve":
		real, err := Resolve(context.Background(), req.Name)
		return reply{Names: []string{real}}, nil, err
	case req.Op == "enter" && s.folder == nil:
		return s.enter(req)
	case s.folder == nil:
		return answer, nil, errors.New("no folder is open")
	case req.File != 0:
		return s.file(req, body)
	}
	return s.inFolder(req)
}

func (s *server) enter(req request) (answer reply, _ []byte, err error) {
	if s.folder, err = OpenFolder(req.Name, req.Make); err != nil {
		s.folder = nil
		return answer, nil, err
	}
	answer.Mount = mountID(s.folder)
	return answer, nil, nil
}

func (s *server) inFolder(req request) (answer reply, data []byte, err error) {
	switch req.Op {
	case "create":
		w, err := s.folder.Create(req.Name)
		return s.keep(answer, w, err)
	case "open":
		r, err := s.folder.Open(req.Name)
		if err == nil {
			answer.Size, answer.Reading = r.Size(), r.Reading()
		}
		return s.keep(answer, r, err)
	case "lstat":
		i, err := s.folder.Lstat(req.Name)
		if err == nil {
			answer.Info = newInfo(i)
		}
		return answer, nil, err
	case "self":
		i, err := s.folder.Self()
		if err == nil {
			answer.Info = newInfo(i)
		}
		return answer, nil, err
	case "names":
		answer.Names, err = s.folder.Names()
	case "claim":
		answer.Names, err = s.folder.Claim()
	case "place":
		err = s.folder.Place(req.Name, req.To)
	case "remove":
		err = s.folder.Remove(req.Name)
	case "settle":
		err = s.folder.Settle()
	default:
		err = fmt.Errorf("no request is called %q", req.Op)
	}
	return answer, nil, err
}

// keep gives an open file its number.
func (s *server) keep(answer reply, f io.Closer, err error) (reply, []byte, error) {
	if err != nil {
		return answer, nil, err
	}
	if len(s.files) >= maxFiles {
		return answer, nil, errors.Join(errors.New("too many files are open"), f.Close())
	}
	s.last++
	s.files[s.last] = f
	answer.File = s.last
	return answer, nil, nil
}

func (s *server) file(req request, body []byte) (answer reply, data []byte, err error) {
	w, writes := s.files[req.File].(Writer)
	r, reads := s.files[req.File].(Reader)
	switch {
	case req.Op == "write" && writes:
		_, err = w.Write(body)
	case req.Op == "sync" && writes:
		err = w.Sync()
	case req.Op == "read" && reads && req.Want > 0:
		data = make([]byte, min(req.Want, maxBody))
		n, err := r.Read(data)
		if n > 0 && errors.Is(err, io.EOF) {
			err = nil // it comes again
		}
		return answer, data[:n], err
	case req.Op == "close" && (writes || reads):
		err = s.files[req.File].Close()
		delete(s.files, req.File)
	default:
		err = fmt.Errorf("no file %d for the request %q", req.File, req.Op)
	}
	return answer, nil, err
}
