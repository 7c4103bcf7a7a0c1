package main

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"net/url"
	"sort"
	"strconv"
	"strings"
	"sync"
)

// kept is the bucket `kept`, whose objects stay in memory until they are overwritten or deleted: for
// what is read again after it was written. Conditional puts are answered as S3 answers them, one
// page holds all keys, and GET /_drop?prefix=P forgets what begins with P.
type kept struct {
	mutex   sync.Mutex
	objects map[string]object
	uploads map[string]map[int][]byte
	nextID  int
}

type object struct {
	pieces [][]byte
	size   int
	etag   string
}

const keptBucket = "/kept/"

func newKept() *kept {
	return &kept{objects: map[string]object{}, uploads: map[string]map[int][]byte{}}
}

func (k *kept) answer(req *request, key string, query url.Values) response {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	upload := query.Get("uploadId")
	switch {
	case req.method == "PUT" && query.Has("partNumber"):
		number, _ := strconv.Atoi(query.Get("partNumber"))
		parts, ok := k.uploads[upload]
		if !ok {
			return failure("404 Not Found", "NoSuchUpload")
		}
		parts[number] = req.kept
		return putResponse(req, etag)
	case req.method == "PUT" && key != "":
		return k.put(req, key, [][]byte{req.kept})
	case req.method == "POST" && query.Has("uploads"):
		k.nextID++
		id := fmt.Sprintf("kept-%d", k.nextID)
		k.uploads[id] = map[int][]byte{}
		return xmlResponse(`<InitiateMultipartUploadResult><Bucket>kept</Bucket><Key>` + key + `</Key><UploadId>` + id + `</UploadId></InitiateMultipartUploadResult>`)
	case req.method == "POST" && query.Has("uploadId"):
		return k.complete(req, key, upload)
	case req.method == "POST" && query.Has("delete"):
		return k.deleteMany(req.body)
	case req.method == "DELETE" && query.Has("uploadId"):
		delete(k.uploads, upload)
		return response{status: "204 No Content"}
	case req.method == "DELETE":
		delete(k.objects, key)
		return response{status: "204 No Content"}
	case req.method == "GET" && query.Has("uploads"):
		return xmlResponse(`<ListMultipartUploadsResult><IsTruncated>false</IsTruncated></ListMultipartUploadsResult>`)
	case req.method == "GET" && query.Has("location"):
		return xmlResponse(`<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/"></LocationConstraint>`)
	case req.method == "GET" && key == "":
		return k.list(query.Get("prefix"), query.Get("delimiter"), query.Get("start-after"))
	case key == "":
		return response{status: "200 OK"}
	default:
		return k.read(req, key)
	}
}

func (k *kept) put(req *request, key string, pieces [][]byte) response {
	found, exists := k.objects[key]
	if req.ifNoneMatch != "" && exists || req.ifMatch != "" && exists && strings.Trim(req.ifMatch, `"`) != strings.Trim(found.etag, `"`) {
		return failure("412 Precondition Failed", "PreconditionFailed")
	}
	if req.ifMatch != "" && !exists {
		return failure("404 Not Found", "NoSuchKey")
	}
	size := 0
	for _, piece := range pieces {
		size += len(piece)
	}
	k.nextID++
	// A suffix like that of a multipart upload: no client takes it for an MD5.
	made := object{pieces: pieces, size: size, etag: fmt.Sprintf(`"%032x-1"`, k.nextID)}
	k.objects[key] = made
	return putResponse(req, made.etag)
}

func (k *kept) complete(req *request, key, id string) response {
	parts, ok := k.uploads[id]
	if !ok {
		return failure("404 Not Found", "NoSuchUpload")
	}
	numbers := []int{}
	for number := range parts {
		numbers = append(numbers, number)
	}
	sort.Ints(numbers)
	pieces := [][]byte{}
	for _, number := range numbers {
		pieces = append(pieces, parts[number])
	}
	if res := k.put(req, key, pieces); !strings.HasPrefix(res.status, "200") {
		return res
	}
	delete(k.uploads, id)
	return xmlResponse(`<CompleteMultipartUploadResult><Key>` + key + `</Key><ETag>` + k.objects[key].etag + `</ETag></CompleteMultipartUploadResult>`)
}

func (k *kept) read(req *request, key string) response {
	found, ok := k.objects[key]
	if !ok {
		return failure("404 Not Found", "NoSuchKey")
	}
	headers := stamp + "ETag: " + found.etag + "\r\nAccept-Ranges: bytes\r\nContent-Type: application/octet-stream\r\n"
	start, end, ranged := parseRange(req.rangeHeader, found.size)
	status := "200 OK"
	if ranged {
		if start >= end {
			return failure("416 Range Not Satisfiable", "InvalidRange")
		}
		status = "206 Partial Content"
		headers += fmt.Sprintf("Content-Range: bytes %d-%d/%d\r\n", start, end-1, found.size)
	}
	return response{status: status, headers: headers, more: cut(found.pieces, start, end), length: end - start}
}

// cut gives the bytes from start to end of pieces that follow each other, without a copy.
func cut(pieces [][]byte, start, end int) [][]byte {
	found := [][]byte{}
	offset := 0
	for _, piece := range pieces {
		from, to := max(start-offset, 0), min(end-offset, len(piece))
		if from < to {
			found = append(found, piece[from:to])
		}
		offset += len(piece)
	}
	return found
}

func (k *kept) list(prefix, delimiter, after string) response {
	keys, folders := []string{}, map[string]bool{}
	for key := range k.objects {
		rest, ok := strings.CutPrefix(key, prefix)
		if !ok || key <= after {
			continue
		}
		if at := strings.Index(rest, delimiter); delimiter != "" && at >= 0 {
			folders[prefix+rest[:at+len(delimiter)]] = true
		} else {
			keys = append(keys, key)
		}
	}
	sort.Strings(keys)
	var body bytes.Buffer
	fmt.Fprintf(&body, `<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>kept</Name><Prefix>%s</Prefix><KeyCount>%d</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated>`, prefix, len(keys)+len(folders))
	for _, key := range keys {
		found := k.objects[key]
		fmt.Fprintf(&body, `<Contents><Key>%s</Key><LastModified>2025-01-01T00:00:00.000Z</LastModified><ETag>&quot;%s&quot;</ETag><Size>%d</Size><StorageClass>STANDARD</StorageClass></Contents>`, key, strings.Trim(found.etag, `"`), found.size)
	}
	for folder := range folders {
		fmt.Fprintf(&body, `<CommonPrefixes><Prefix>%s</Prefix></CommonPrefixes>`, folder)
	}
	body.WriteString(`</ListBucketResult>`)
	return xmlResponse(body.String())
}

func (k *kept) deleteMany(body []byte) response {
	var asked struct {
		Object []struct{ Key string }
	}
	if xml.Unmarshal(body, &asked) != nil {
		return failure("400 Bad Request", "MalformedXML")
	}
	for _, one := range asked.Object {
		delete(k.objects, one.Key)
	}
	return xmlResponse(`<DeleteResult></DeleteResult>`)
}

func (k *kept) drop(prefix string) response {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	for key := range k.objects {
		if strings.HasPrefix(key, prefix) {
			delete(k.objects, key)
		}
	}
	return response{status: "200 OK"}
}

func failure(status, code string) response {
	return response{status: status, headers: "Content-Type: application/xml\r\n", body: []byte(`<Error><Code>` + code + `</Code></Error>`)}
}
