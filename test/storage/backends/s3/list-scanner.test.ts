import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ListReplyError, parseListPage } from "../../../../src/storage/backends/s3/list-page.js";
import { scanListPage } from "../../../../src/storage/backends/s3/list-scanner.js";
import { encodeKey } from "../../../../src/storage/backends/s3/uri-encoding.js";

const HEAD =
  '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">';

function page(inner: string, truncated = "false"): string {
  return `${HEAD}<Name>b</Name><Prefix></Prefix><MaxKeys>1000</MaxKeys><EncodingType>url</EncodingType><IsTruncated>${truncated}</IsTruncated>${inner}</ListBucketResult>`;
}

function scan(xml: string) {
  return scanListPage(Buffer.from(xml));
}

const CONTENTS =
  "<Contents><Key>a%2Bb</Key><LastModified>2024-02-29T23:59:58.123Z</LastModified>" +
  "<ETag>&quot;0cc175b9c0f1b6a831c399e269772661&quot;</ETag><Size>1</Size>" +
  "<Owner><ID>x</ID><DisplayName>é</DisplayName></Owner><StorageClass>GLACIER</StorageClass></Contents>";

describe("scanListPage", () => {
  it("reads objects, prefixes and the token", () => {
    const xml = page(
      `${CONTENTS}<CommonPrefixes><Prefix>p%20q/</Prefix></CommonPrefixes><NextContinuationToken>t/1==</NextContinuationToken>`,
      "true",
    );
    expect(scan(xml)).toEqual({
      objects: [
        {
          key: "a+b",
          size: 1,
          etag: "0cc175b9c0f1b6a831c399e269772661",
          lastModified: new Date("2024-02-29T23:59:58.123Z"),
          storageClass: "GLACIER",
        },
      ],
      prefixes: ["p q/"],
      truncated: true,
      token: "t/1==",
    });
  });

  it("reads an empty page and dates without a fraction", () => {
    expect(scan(page(""))).toEqual({
      objects: [],
      prefixes: [],
      truncated: false,
      token: undefined,
    });
    const whole = CONTENTS.replace(".123Z", "Z");
    expect(scan(page(whole))?.objects[0]?.lastModified).toEqual(new Date("2024-02-29T23:59:58Z"));
  });

  it("agrees with the strict parser on every listing", () => {
    const entry = fc.record({
      key: fc
        .string({ unit: "binary", minLength: 1, maxLength: 30 })
        .filter((k) => !k.includes("\0")),
      size: fc.nat(),
      time: fc.date({ min: new Date(0), max: new Date("2099-01-01"), noInvalidDate: true }),
      etag: fc.stringMatching(/^[0-9a-f]{32}(-[0-9]{1,4})?$/),
      quote: fc.constantFrom("&quot;", '"', ""),
      blank: fc.constantFrom("", "\n  "),
      order: fc.boolean(),
      more: fc.constantFrom(
        "",
        "<StorageClass>STANDARD</StorageClass>",
        "<StorageClass>DEEP_ARCHIVE</StorageClass>",
        "<Owner/>",
        "<Type>Normal</Type>",
        "<Owner><ID>a</ID><DisplayName/></Owner>",
        "<ChecksumAlgorithm>CRC32C</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType>",
      ),
    });
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 5 }), fc.boolean(), (entries, plus) => {
        const xml = page(
          entries
            .map(({ key, size, time, etag, quote, blank, order, more }) => {
              const name = plus ? encodeKey(key).replaceAll("%20", "+") : encodeKey(key);
              const parts = [
                `<Key>${name}</Key>`,
                `<LastModified>${time.toISOString()}</LastModified>`,
                `<ETag>${quote}${etag}${quote}</ETag>`,
                `<Size>${size}</Size>`,
                more,
              ];
              if (order) parts.reverse();
              return `${blank}<Contents>${blank}${parts.join(blank)}${blank}</Contents>${blank}`;
            })
            .join(""),
        );
        const scanned = scan(xml);
        expect(scanned).toBeDefined();
        expect(scanned).toEqual(parseListPage(xml));
        expect(scanned?.objects.map(({ key }) => key)).toEqual(entries.map(({ key }) => key));
      }),
    );
  });

  it.each([
    ["an entity in a key", CONTENTS.replace("a%2Bb", "a&amp;b")],
    ["no key", CONTENTS.replace("<Key>a%2Bb</Key>", "")],
    ["a size that is no number", CONTENTS.replace("<Size>1<", "<Size>x<")],
    ["another form of date", CONTENTS.replace("2024-02-29T23:59:58.123Z", "2024-02-29 23:59:58")],
    ["an element without end", CONTENTS.replace("</Contents>", "")],
    ["CDATA", CONTENTS.replace("a%2Bb", "<![CDATA[a]]>")],
    ["a comment", `<!-- x -->${CONTENTS}`],
    ["an attribute", CONTENTS.replace("<Size>", '<Size a="1">')],
    ["a key that is not UTF-8", CONTENTS.replace("a%2Bb", "%FF")],
  ])("leaves %s to the strict parser", (_, inner) => {
    expect(scan(page(inner))).toBeUndefined();
  });

  it("leaves replies without the encoding, cut ones and other documents to the strict parser", () => {
    expect(scan(page(CONTENTS).replace("<EncodingType>url</EncodingType>", ""))).toBeUndefined();
    expect(scan(page(CONTENTS).slice(0, -30))).toBeUndefined();
    expect(scan(`${page(CONTENTS)}x`)).toBeUndefined();
    expect(scan("<Error><Code>X</Code></Error>")).toBeUndefined();
    expect(scan("<html><ListBucketResult></ListBucketResult></html>")).toBeUndefined();
  });

  it("never invents objects from damaged replies", () => {
    const whole = page(CONTENTS);
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.integer({ min: 0, max: 127 }), (at, code) => {
        const damaged = whole.slice(0, at) + String.fromCharCode(code) + whole.slice(at + 1);
        const scanned = scan(damaged);
        if (scanned === undefined) return;
        // Damage where nothing is read is passed over; anything else both see alike.
        try {
          expect(scanned).toEqual(parseListPage(damaged));
        } catch (error) {
          if (!(error instanceof ListReplyError)) throw error;
          expect(scanned).toEqual(scan(whole));
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe("parseListPage", () => {
  it("reads keys without the encoding, with entities", () => {
    const xml = page(CONTENTS)
      .replace("<EncodingType>url</EncodingType>", "")
      .replace("a%2Bb", "a&amp;b+é");
    expect(parseListPage(xml).objects[0]?.key).toBe("a&b+é");
  });

  it.each([
    ["no XML", "hello"],
    ["another document", "<Other/>"],
    ["an object without a size", page(CONTENTS.replace("<Size>1</Size>", ""))],
    ["an object without a date", page(CONTENTS.replace(/<LastModified>.*<\/LastModified>/, ""))],
    ["an object without a key", page(CONTENTS.replace("<Key>a%2Bb</Key>", ""))],
    ["a key that is not UTF-8", page(CONTENTS.replace("a%2Bb", "%FF"))],
  ])("refuses %s", (_, xml) => {
    expect(() => parseListPage(xml)).toThrow(ListReplyError);
  });
});
