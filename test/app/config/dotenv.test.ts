import { describe, expect, it } from "vitest";
import { parseDotenv } from "../../../src/app/config/dotenv.js";

function read(text: string): Record<string, string> {
  return Object.fromEntries(parseDotenv(text).entries.map(({ name, value }) => [name, value]));
}

describe("parseDotenv", () => {
  it("reads bare, quoted and exported values", () => {
    expect(
      read(
        [
          "# settings of the test server",
          "AWS_ACCESS_KEY_ID=BG0XPVXISBP41DCXOQR8",
          "AWS_SECRET_ACCESS_KEY=kGSm/YRt+jUyX==",
          "export AWS_REGION=us-east-1   # where it stands",
          "EMPTY=",
          "SINGLE='a # b \\n'",
          'DOUBLE="a\\n\\"b\\" # c"',
          "AWS_ENDPOINT_URL=http://10.9.0.21:9000/#anchor\r",
        ].join("\n"),
      ),
    ).toEqual({
      AWS_ACCESS_KEY_ID: "BG0XPVXISBP41DCXOQR8",
      AWS_SECRET_ACCESS_KEY: "kGSm/YRt+jUyX==",
      AWS_REGION: "us-east-1",
      EMPTY: "",
      SINGLE: "a # b \\n",
      DOUBLE: 'a\n"b" # c',
      AWS_ENDPOINT_URL: "http://10.9.0.21:9000/#anchor",
    });
  });

  it("names the lines that it cannot read", () => {
    const { entries, badLines } = parseDotenv("A=1\nno value\n1B=2\nC='open\n");
    expect(entries.map((entry) => entry.name)).toEqual(["A"]);
    expect(badLines).toEqual([2, 3, 4]);
  });
});
