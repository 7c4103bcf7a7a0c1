package main

import (
	"bufio"
	"bytes"
	"hash/crc32"
	"io"
	"net"
	"strconv"
	"strings"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// request is one HTTP request; the body has been read, counted and hashed, but is kept only if small.
type request struct {
	method, path, query  string
	rangeHeader          string
	ifMatch, ifNoneMatch string
	wantsChecksum        bool
	bodySize             int
	bodyCRC              uint32
	body                 []byte // at most keptBody bytes
	kept                 []byte // the whole body, where it goes to the bucket `kept`
}

const keptBody = 4 << 20

type response struct {
	status  string
	headers string
	body    []byte
	more    [][]byte // follows the body
	length  int      // of a body that is not sent: HEAD
}

// serve answers the requests of one connection, one after the other.
func serve(conn *net.TCPConn, store *store) {
	defer conn.Close()
	conn.SetNoDelay(true)
	reader := bufio.NewReaderSize(conn, 64<<10)
	chunk := make([]byte, 1<<20)
	head := make([]byte, 0, 1024)
	for {
		req, err := readRequest(conn, reader, chunk)
		if err != nil {
			return
		}
		res := store.answer(req)
		length := res.size()
		if req.method == "HEAD" {
			length = res.length
			res.body, res.more = nil, nil
		}
		head = append(head[:0], "HTTP/1.1 "...)
		head = append(head, res.status...)
		head = append(head, "\r\nContent-Length: "...)
		head = strconv.AppendInt(head, int64(length), 10)
		head = append(head, "\r\n"...)
		head = append(head, res.headers...)
		head = append(head, "\r\n"...)
		buffers := append(net.Buffers{head, res.body}, res.more...)
		if _, err := buffers.WriteTo(conn); err != nil {
			return
		}
	}
}

func (r response) size() int {
	size := len(r.body)
	for _, piece := range r.more {
		size += len(piece)
	}
	return size
}

func readRequest(conn *net.TCPConn, reader *bufio.Reader, chunk []byte) (*request, error) {
	line, err := reader.ReadSlice('\n')
	if err != nil {
		return nil, err
	}
	parts := strings.SplitN(strings.TrimRight(string(line), "\r\n"), " ", 3)
	if len(parts) != 3 {
		return nil, io.ErrUnexpectedEOF
	}
	req := &request{method: parts[0]}
	req.path, req.query, _ = strings.Cut(parts[1], "?")
	length, decoded := 0, -1
	chunked, expect, awsChunked := false, false, false
	for {
		line, err := reader.ReadSlice('\n')
		if err != nil {
			return nil, err
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			break
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimSpace(value)
		switch strings.ToLower(string(name)) {
		case "content-length":
			length, _ = strconv.Atoi(string(value))
		case "x-amz-decoded-content-length":
			decoded, _ = strconv.Atoi(string(value))
		case "transfer-encoding":
			chunked = strings.EqualFold(string(value), "chunked")
		case "content-encoding":
			awsChunked = bytes.Contains(value, []byte("aws-chunked"))
		case "expect":
			expect = true
		case "x-amz-checksum-crc32c", "x-amz-sdk-checksum-algorithm":
			req.wantsChecksum = true
		case "range":
			req.rangeHeader = string(value)
		case "if-match":
			req.ifMatch = string(value)
		case "if-none-match":
			req.ifNoneMatch = string(value)
		}
	}
	if expect {
		if _, err := conn.Write([]byte("HTTP/1.1 100 Continue\r\n\r\n")); err != nil {
			return nil, err
		}
	}
	var body io.Reader = io.LimitReader(reader, int64(length))
	if chunked {
		body = &chunkedReader{reader: reader}
	}
	outer := body
	if awsChunked || decoded >= 0 {
		body = &chunkedReader{reader: bufio.NewReaderSize(body, 64<<10)}
	}
	if req.method == "PUT" && strings.HasPrefix(req.path, keptBucket) {
		req.kept = make([]byte, 0, max(length, decoded)+1)
	}
	if err := readBody(req, body, chunk); err != nil {
		return nil, err
	}
	// Behind aws-chunked data stand trailers.
	_, err = io.Copy(io.Discard, outer)
	return req, err
}

func readBody(req *request, body io.Reader, chunk []byte) error {
	for {
		if req.kept != nil {
			// Where it stays, without a copy.
			chunk = req.kept[len(req.kept):cap(req.kept)]
			if len(chunk) == 0 {
				req.kept = append(req.kept, 0)[:len(req.kept)]
				continue
			}
		}
		n, err := body.Read(chunk)
		if req.kept != nil {
			req.kept = req.kept[:len(req.kept)+n]
		}
		req.bodyCRC = crc32.Update(req.bodyCRC, castagnoli, chunk[:n])
		req.bodySize += n
		if req.bodySize <= keptBody && req.method == "POST" {
			req.body = append(req.body, chunk[:n]...)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// chunkedReader decodes HTTP's chunked coding and S3's aws-chunked, whose sizes carry a signature.
type chunkedReader struct {
	reader *bufio.Reader
	left   int
	done   bool
}

func (c *chunkedReader) Read(p []byte) (int, error) {
	if c.done {
		return 0, io.EOF
	}
	if c.left == 0 {
		line, err := c.reader.ReadString('\n')
		if err != nil {
			return 0, err
		}
		text, _, _ := strings.Cut(strings.TrimSpace(line), ";")
		size, err := strconv.ParseInt(text, 16, 64)
		if err != nil {
			return 0, err
		}
		if size == 0 {
			return 0, c.readTrailers()
		}
		c.left = int(size)
	}
	if len(p) > c.left {
		p = p[:c.left]
	}
	n, err := c.reader.Read(p)
	c.left -= n
	if err == nil && c.left == 0 {
		_, err = c.reader.ReadString('\n')
	}
	return n, err
}

func (c *chunkedReader) readTrailers() error {
	c.done = true
	for {
		line, err := c.reader.ReadString('\n')
		if err == io.EOF || strings.TrimSpace(line) == "" {
			return io.EOF
		}
		if err != nil {
			return err
		}
	}
}
