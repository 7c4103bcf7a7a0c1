// An HTTP/1.1 client of our own over `net` and `tls` sockets: what object transfer needs and no more.
// It receives straight into the caller's memory, streams with back-pressure, keeps connections, and is
// strict about what it reads. Not here: redirects, cookies, content decoding, proxies, pipelining,
// retries (but for a kept connection found closed).
export { HttpClient } from "./http-client.js";
export type {
  HttpBody,
  HttpClientOptions,
  HttpClientStats,
  HttpHeader,
  HttpHeaders,
  HttpOrigin,
  HttpRequest,
  HttpRequestBody,
  HttpResponse,
} from "./http-types.js";
