import { LodeError } from "../../../../errors.js";
import type {
  HttpClientOptions,
  HttpClientStats,
  HttpRequest,
  HttpResponse,
} from "./http-types.js";

/** A client of one origin, with a pool of kept connections. */
export class HttpClient {
  readonly stats: HttpClientStats = {
    opened: 0,
    open: 0,
    idle: 0,
    waiting: 0,
    sent: 0,
    resent: 0,
  };

  constructor(readonly options: HttpClientOptions) {}

  /** Resolves when the head of the reply is there; any status is a reply, not an error. */
  request(request: HttpRequest): Promise<HttpResponse> {
    throw new LodeError({ code: "unsupported", message: `cannot send ${request.method} yet` });
  }

  /** Closes all connections; requests under way fail with `aborted`. */
  async close(): Promise<void> {}
}
