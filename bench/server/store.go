package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"net/url"
	"sort"
	"strconv"
	"strings"
	"sync"
)

const (
	smallSize = 4096
	stamp     = "Last-Modified: Wed, 01 Jan 2025 00:00:00 GMT\r\n"
	// A suffix like that of a multipart upload: no client takes it for an MD5.
	etag = `"0123456789abcdef0123456789abcdef-1"`
)

type part struct {
	size int
	crc  uint32
}

// stats is what was seen since the last call of /_stats.
type stats struct {
	Requests int      `json:"requests"`
	Out      int      `json:"bytesOut"`
	In       int      `json:"bytesIn"`
	Objects  int      `json:"objectsPut"`
	Wrong    []string `json:"wrong"`
}

type store struct {
	block       []byte
	small, keys int
	pages       sync.Map

	mutex   sync.Mutex
	stats   stats
	put     map[string][]part
	uploads map[string]map[int]part
	nextID  int
	kept    *kept
}

func newStore(block []byte, small, keys int) *store {
	return &store{block: block, small: small, keys: keys, put: map[string][]part{}, uploads: map[string]map[int]part{}, kept: newKept()}
}

func (s *store) answer(req *request) response {
	if req.path == "/_stats" {
		return s.answerStats()
	}
	bucket, key, _ := strings.Cut(strings.TrimPrefix(req.path, "/"), "/")
	key, _ = url.PathUnescape(key)
	query, _ := url.ParseQuery(req.query)
	if bucket == "_drop" {
		return s.kept.drop(query.Get("prefix"))
	}
	var res response
	if bucket == "kept" {
		res = s.kept.answer(req, key, query)
	} else {
		res = s.dispatch(req, key, query)
	}
	s.mutex.Lock()
	s.stats.Requests++
	s.stats.In += req.bodySize
	if req.method != "HEAD" {
		s.stats.Out += res.size()
	}
	s.mutex.Unlock()
	return res
}

func (s *store) dispatch(req *request, key string, query url.Values) response {
	switch {
	case req.method == "PUT" && query.Has("partNumber"):
		number, _ := strconv.Atoi(query.Get("partNumber"))
		s.mutex.Lock()
		defer s.mutex.Unlock()
		s.uploads[query.Get("uploadId")][number] = part{req.bodySize, req.bodyCRC}
		return putResponse(req, etag)
	case req.method == "PUT" && key != "":
		s.mutex.Lock()
		defer s.mutex.Unlock()
		s.put[key] = []part{{req.bodySize, req.bodyCRC}}
		return putResponse(req, etag)
	case req.method == "POST" && query.Has("uploads"):
		return s.startUpload(key)
	case req.method == "POST" && query.Has("uploadId"):
		return s.completeUpload(key, query.Get("uploadId"))
	case req.method == "GET" && key == "" && query.Has("location"):
		return xmlResponse(`<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/"></LocationConstraint>`)
	case req.method == "GET" && key == "":
		return s.list(query)
	case req.method == "GET" || req.method == "HEAD":
		return s.read(req, key)
	default:
		return response{status: "200 OK"}
	}
}

func (s *store) startUpload(key string) response {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.nextID++
	id := fmt.Sprintf("upload-%d", s.nextID)
	s.uploads[id] = map[int]part{}
	return xmlResponse(`<InitiateMultipartUploadResult><Bucket>bench</Bucket><Key>` + key + `</Key><UploadId>` + id + `</UploadId></InitiateMultipartUploadResult>`)
}

func (s *store) completeUpload(key, id string) response {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	numbers := []int{}
	for number := range s.uploads[id] {
		numbers = append(numbers, number)
	}
	sort.Ints(numbers)
	parts := []part{}
	for _, number := range numbers {
		parts = append(parts, s.uploads[id][number])
	}
	delete(s.uploads, id)
	s.put[key] = parts
	return xmlResponse(`<CompleteMultipartUploadResult><Key>` + key + `</Key><ETag>` + etag + `</ETag></CompleteMultipartUploadResult>`)
}

// content is what an object that can be read, or that was put, consists of.
func (s *store) content(key string) ([]byte, bool) {
	if key == "big" {
		return s.block, true
	}
	folder, name, _ := strings.Cut(key, "/")
	if number, err := strconv.Atoi(name); err == nil && (folder == "small" || strings.HasPrefix(folder, "put")) && number < s.small {
		return s.block[number*smallSize : (number+1)*smallSize], true
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	parts, ok := s.put[key]
	size := 0
	for _, p := range parts {
		size += p.size
	}
	return s.block[:min(size, len(s.block))], ok
}

func (s *store) read(req *request, key string) response {
	if strings.HasPrefix(key, "put") && !s.wasPut(key) {
		return response{status: "404 Not Found", headers: "Content-Type: application/xml\r\n", body: []byte(`<Error><Code>NoSuchKey</Code></Error>`)}
	}
	content, ok := s.content(key)
	if !ok {
		return response{status: "404 Not Found", headers: "Content-Type: application/xml\r\n", body: []byte(`<Error><Code>NoSuchKey</Code></Error>`)}
	}
	headers := stamp + "ETag: " + etag + "\r\nAccept-Ranges: bytes\r\nContent-Type: application/octet-stream\r\n"
	start, end, ranged := parseRange(req.rangeHeader, len(content))
	if !ranged {
		return response{status: "200 OK", headers: headers, body: content, length: len(content)}
	}
	headers += fmt.Sprintf("Content-Range: bytes %d-%d/%d\r\n", start, end-1, len(content))
	return response{status: "206 Partial Content", headers: headers, body: content[start:end], length: end - start}
}

func (s *store) wasPut(key string) bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	_, ok := s.put[key]
	return ok
}

func parseRange(header string, size int) (int, int, bool) {
	spec, ok := strings.CutPrefix(header, "bytes=")
	if !ok || size == 0 {
		return 0, size, false
	}
	from, to, _ := strings.Cut(spec, "-")
	if from == "" {
		n, _ := strconv.Atoi(to)
		return max(0, size-n), size, true
	}
	start, _ := strconv.Atoi(from)
	end := size
	if to != "" {
		last, _ := strconv.Atoi(to)
		end = min(size, last+1)
	}
	return min(start, size), end, true
}

// list answers ListObjects in both versions. Keys of one folder are numbered, so a page is computed.
func (s *store) list(query url.Values) response {
	prefix := query.Get("prefix")
	if prefix == "big" {
		return xmlResponse(fmt.Sprintf(`<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>bench</Name><Prefix>big</Prefix><KeyCount>1</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated><Contents><Key>big</Key><LastModified>2025-01-01T00:00:00.000Z</LastModified><ETag>&quot;0123456789abcdef0123456789abcdef-1&quot;</ETag><Size>%d</Size><StorageClass>STANDARD</StorageClass></Contents></ListBucketResult>`, len(s.block)))
	}
	folder, _, _ := strings.Cut(prefix, "/")
	count, size, width := 0, 0, 8
	switch {
	case folder == "list":
		count = s.keys
	case folder == "small":
		count, size, width = s.small, smallSize, 5
	}
	page := 1000
	if n, err := strconv.Atoi(query.Get("max-keys")); err == nil && n < page {
		page = n
	}
	start := 0
	if token := query.Get("continuation-token"); token != "" {
		start, _ = strconv.Atoi(token)
	} else if marker := query.Get("marker"); marker != "" {
		last, _ := strconv.Atoi(marker[strings.LastIndex(marker, "/")+1:])
		start = last + 1
	} else if after := query.Get("start-after"); after != "" {
		if last, err := strconv.Atoi(after[strings.LastIndex(after, "/")+1:]); err == nil {
			start = last + 1
		}
	}
	end := min(count, start+page)
	// Made once: rendering a page would cost the server more than some clients pay to read it.
	encoding := query.Get("encoding-type")
	name := fmt.Sprintf("%s %d %d %s", prefix, start, end, encoding)
	if made, ok := s.pages.Load(name); ok {
		return response{status: "200 OK", headers: "Content-Type: application/xml\r\n", body: made.([]byte)}
	}
	var body bytes.Buffer
	body.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>bench</Name><Prefix>` + prefix + `</Prefix>`)
	fmt.Fprintf(&body, `<KeyCount>%d</KeyCount><MaxKeys>%d</MaxKeys><IsTruncated>%t</IsTruncated>`, end-start, page, end < count)
	if end < count {
		fmt.Fprintf(&body, `<NextContinuationToken>%d</NextContinuationToken><NextMarker>%s/%0*d</NextMarker>`, end, folder, width, end-1)
	}
	if encoding != "" {
		fmt.Fprintf(&body, `<EncodingType>%s</EncodingType>`, encoding)
	}
	for i := start; i < end; i++ {
		fmt.Fprintf(&body, `<Contents><Key>%s/%0*d</Key><LastModified>2025-01-01T00:00:00.000Z</LastModified><ETag>&quot;0123456789abcdef0123456789abcdef-1&quot;</ETag><Size>%d</Size><StorageClass>STANDARD</StorageClass></Contents>`, folder, width, i, size)
	}
	body.WriteString(`</ListBucketResult>`)
	s.pages.Store(name, body.Bytes())
	return response{status: "200 OK", headers: "Content-Type: application/xml\r\n", body: body.Bytes()}
}

// putResponse confirms the checksum of who sent one, as S3 does.
func putResponse(req *request, etag string) response {
	headers := "ETag: " + etag + "\r\n"
	if req.wantsChecksum {
		crc := binary.BigEndian.AppendUint32(nil, req.bodyCRC)
		headers += "x-amz-checksum-crc32c: " + base64.StdEncoding.EncodeToString(crc) + "\r\n"
	}
	return response{status: "200 OK", headers: headers}
}

func xmlResponse(text string) response {
	return response{status: "200 OK", headers: "Content-Type: application/xml\r\n", body: []byte(`<?xml version="1.0" encoding="UTF-8"?>` + "\n" + text)}
}

// answerStats checks everything put since the last call against what should have been put.
func (s *store) answerStats() response {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for key, parts := range s.put {
		_, name, _ := strings.Cut(key, "/")
		offset, want := 0, len(s.block)
		if number, err := strconv.Atoi(name); err == nil {
			offset, want = number*smallSize, smallSize
		}
		size := 0
		right := true
		for _, p := range parts {
			if offset+p.size > len(s.block) || crc32.Checksum(s.block[offset:offset+p.size], castagnoli) != p.crc {
				right = false
				break
			}
			offset += p.size
			size += p.size
		}
		if !right || size != want {
			s.stats.Wrong = append(s.stats.Wrong, key)
		}
		s.stats.Objects++
	}
	text, _ := json.Marshal(s.stats)
	s.stats = stats{}
	s.put = map[string][]part{}
	return response{status: "200 OK", headers: "Content-Type: application/json\r\n", body: text}
}
