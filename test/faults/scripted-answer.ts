import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** What a server does next: sends bytes (text as Latin-1), waits, or ends the connection. */
export type AnswerStep =
  | string
  | Uint8Array
  | { readonly delayMs: number }
  | { readonly until: Promise<unknown> }
  | { readonly endless: Uint8Array }
  | { readonly close: "fin" | "reset" | "stall" };

export type Answer = readonly AnswerStep[];

/** Sends an answer step by step; nothing more once the socket is gone. */
export async function playAnswer(socket: Socket, answer: Answer): Promise<void> {
  for (const step of answer) {
    if (socket.destroyed) return;
    if (typeof step === "string") await write(socket, Buffer.from(step, "latin1"));
    else if (step instanceof Uint8Array) await write(socket, step);
    else if ("delayMs" in step) await sleep(step.delayMs);
    else if ("until" in step) await step.until;
    else if ("endless" in step) while (!socket.destroyed) await write(socket, step.endless);
    else if (step.close === "fin") socket.end();
    else if (step.close === "reset") socket.resetAndDestroy();
    else await new Promise((resolve) => socket.once("close", resolve));
  }
}

/** A whole reply. `content-length` is added unless it or a transfer coding is given. */
export function reply(
  status: number,
  headers: Readonly<Record<string, string | number>> = {},
  body: string | Uint8Array = "",
): Buffer {
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  const all: Record<string, string | number> =
    "content-length" in headers || "transfer-encoding" in headers
      ? { ...headers }
      : { ...headers, "content-length": bytes.length };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([
    Buffer.from(`HTTP/1.1 ${status} Scripted\r\n${lines.join("")}\r\n`),
    bytes,
  ]);
}

/** An error as S3 tells it. */
export function errorReply(
  status: number,
  code: string,
  headers: Readonly<Record<string, string | number>> = {},
): Buffer {
  return reply(status, { "content-type": "application/xml", ...headers }, errorXml(code));
}

export function errorXml(code: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>scripted</Message></Error>`;
}

async function write(socket: Socket, bytes: Uint8Array): Promise<void> {
  // Not awaiting the callback's error: the socket's own handler deals with it.
  await new Promise<void>((resolve) => socket.write(bytes, () => resolve()));
}
