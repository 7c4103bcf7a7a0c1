import { Agent } from "node:http";
import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { sampleCheck } from "./sample-check.js";

// Reads one object into memory with the AWS SDK for JavaScript: 8 ranges of 8 MiB in flight, its
// documented settings for throughput, the body taken as a stream.
// usage: sdk-get.ts ENDPOINT KEY SIZE PART_BYTES ORIGINAL; prints the seconds that the read took.
const [endpoint = "", key = "", sizeText, partText, original = ""] = process.argv.slice(2);
const size = Number(sizeText);
const part = Number(partText);
const client = new S3Client({
  endpoint,
  region: "us-east-1",
  forcePathStyle: true,
  credentials: { accessKeyId: "test", secretAccessKey: "testtest" },
  responseChecksumValidation: "WHEN_REQUIRED",
  requestHandler: { httpAgent: new Agent({ keepAlive: true, maxSockets: 64 }) },
});
const check = sampleCheck(original);
let next = 0;

async function work(): Promise<void> {
  const buffer = new Uint8Array(part);
  while (next < size) {
    const start = next;
    next += part;
    const end = Math.min(size, start + part);
    const { Body } = await client.send(
      new GetObjectCommand({ Bucket: "bench", Key: key, Range: `bytes=${start}-${end - 1}` }),
    );
    let offset = 0;
    for await (const chunk of Body as AsyncIterable<Uint8Array>) {
      buffer.set(chunk, offset);
      offset += chunk.length;
    }
    check(buffer.subarray(0, offset), start, end);
  }
}

const begin = performance.now();
await Promise.all(Array.from({ length: 8 }, work));
console.log((performance.now() - begin) / 1000);
