import { createServer } from "node:net";

// Below the range from which Linux takes the ports of outgoing connections (32768 and up, see
// ip_local_port_range in ip(7)), so that no connection takes the port before the server does.
const FIRST_PORT = 20_000;
const LAST_PORT = 31_999;
const ATTEMPTS = 100;

const given = new Set<number>();

/**
 * A TCP port on 127.0.0.1 that nobody listens on. One process is never given the same port twice,
 * so servers that start at the same time do not meet.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT + 1));
    if (given.has(port) || !(await canListen(port))) continue;
    given.add(port);
    return port;
  }
  throw new Error(`no free TCP port found between ${FIRST_PORT} and ${LAST_PORT} on 127.0.0.1`);
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => {
      server.close(() => resolve(true));
    });
  });
}
