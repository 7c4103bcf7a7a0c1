import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  canBeXml,
  childrenOf,
  childText,
  escapeXml,
  parseXml,
  XmlError,
} from "../../../../src/storage/backends/s3/xml.js";

describe("parseXml", () => {
  it("reads elements, attributes, entities, CDATA and comments", () => {
    const root = parseXml(
      '\uFEFF<?xml version="1.0" encoding="UTF-8"?>\n<!-- c -->' +
        "<x:Root xmlns:x=\"urn:x\" a='1'><A>1 &lt;&amp;&gt;&quot;&apos;&#10;&#x1F600;</A>" +
        "<A/><B><![CDATA[<raw>&amp;]]><!-- in --></B ></x:Root>\n<!-- end -->",
    );
    expect(root.name).toBe("Root");
    expect(childrenOf(root, "A").map(({ text }) => text)).toEqual(["1 <&>\"'\n😀", ""]);
    expect(childText(root, "B")).toBe("<raw>&amp;");
  });

  it("skips white space ahead of the declaration, which keeps long calls alive", () => {
    expect(parseXml('  \n\n <?xml version="1.0"?><Error><Code>X</Code></Error>').name).toBe(
      "Error",
    );
  });

  it.each([
    ["nothing", ""],
    ["text alone", "hello"],
    ["an open element", "<a><b></b>"],
    ["a wrong end", "<a><b></a></b>"],
    ["two roots", "<a/><b/>"],
    ["text after the root", "<a/>x"],
    ["a DTD", '<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>'],
    ["an unknown entity", "<a>&e;</a>"],
    ["a bare ampersand", "<a>a & b</a>"],
    ["a lone surrogate by number", "<a>&#xD800;</a>"],
    ["a number beyond Unicode", "<a>&#x110000;</a>"],
    ["a processing instruction inside", "<a><?x y?></a>"],
    ["an unquoted attribute", "<a b=c/>"],
    ["a comment without end", "<a><!-- </a>"],
    ["CDATA without end", "<a><![CDATA[ </a>"],
    ["deep nesting", `${"<a>".repeat(40)}${"</a>".repeat(40)}`],
    ["an entity of inherited name", "<a>&constructor;</a>"],
  ])("refuses %s", (_, text) => {
    expect(() => parseXml(text)).toThrow(XmlError);
  });

  it("never hangs or throws anything else on arbitrary text", () => {
    const piece = fc.constantFrom(
      "<a>",
      "</a>",
      "<b/>",
      "<!--",
      "-->",
      "<![CDATA[",
      "]]>",
      "&amp;",
      "&",
      "<",
      ">",
      "x",
      '"',
      " ",
      "<?xml ?>",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        try {
          parseXml(pieces.join(""));
        } catch (error) {
          expect(error).toBeInstanceOf(XmlError);
        }
      }),
    );
  });
});

describe("escapeXml", () => {
  it("survives the parser for every text that XML can carry", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 50 }).filter(canBeXml), (text) => {
        expect(parseXml(`<a>${escapeXml(text)}</a>`).text).toBe(text);
      }),
    );
  });

  it("knows what XML cannot carry", () => {
    expect(canBeXml("\t\n\r é😀")).toBe(true);
    for (const bad of ["\u0001", "a\u001f", "\uFFFE", "\uFFFF"]) expect(canBeXml(bad)).toBe(false);
  });
});
