/** An element with its text (of its direct text nodes, decoded) and its child elements. */
export interface XmlElement {
  /** Without a namespace prefix. */
  readonly name: string;
  readonly text: string;
  readonly children: readonly XmlElement[];
}

/** Limits against hostile replies; S3's own documents stay far below. */
const MAX_DEPTH = 32;
const MAX_ELEMENTS = 1_000_000;

/** The document is not well-formed XML of the kind that S3 sends. */
export class XmlError extends Error {
  constructor(why: string, at: number) {
    super(`${why} at character ${at}`);
    this.name = "XmlError";
  }
}

/**
 * Parses a document of S3: elements, attributes (checked, dropped), text, CDATA, comments, the XML
 * declaration, the five named entities and numeric ones. Refuses a DTD, processing instructions,
 * unknown entities and anything not well-formed. Throws {@link XmlError}.
 */
export function parseXml(text: string): XmlElement {
  return new XmlParser(text).document();
}

/** The first child of this name. */
export function child(element: XmlElement, name: string): XmlElement | undefined {
  return element.children.find((one) => one.name === name);
}

/** The text of the first child of this name. */
export function childText(element: XmlElement, name: string): string | undefined {
  return child(element, name)?.text;
}

/** All children of this name. */
export function childrenOf(element: XmlElement, name: string): XmlElement[] {
  return element.children.filter((one) => one.name === name);
}

interface OpenElement {
  readonly qualifiedName: string;
  text: string;
  readonly children: XmlElement[];
}

const NAME = /[A-Za-z_][A-Za-z0-9_.-]*(?::[A-Za-z_][A-Za-z0-9_.-]*)?/y;
const ATTRIBUTE =
  /\s+[A-Za-z_][A-Za-z0-9_.-]*(?::[A-Za-z_][A-Za-z0-9_.-]*)?\s*=\s*(?:"[^"<]*"|'[^'<]*')/y;
const BLANK = /\s*/y;
const DECLARATION = /<\?xml\s[^?<>]*\?>/y;

class XmlParser {
  readonly #text: string;
  #at = 0;
  #elements = 0;

  constructor(text: string) {
    // A byte order mark is allowed before the declaration, line ends become one newline.
    const body = text.startsWith("\uFEFF") ? text.slice(1) : text;
    this.#text = body.includes("\r") ? body.replace(/\r\n?/g, "\n") : body;
  }

  document(): XmlElement {
    // S3 sends white space ahead of the declaration to keep a long call alive.
    this.#match(BLANK);
    this.#match(DECLARATION);
    this.#blanksAndComments();
    if (this.#text[this.#at] !== "<") throw this.#error("no root element");
    const root = this.#tree();
    this.#blanksAndComments();
    if (this.#at !== this.#text.length) throw this.#error("text after the root element");
    return root;
  }

  #tree(): XmlElement {
    const stack: OpenElement[] = [];
    for (;;) {
      const parent = stack.at(-1);
      const next = this.#text.indexOf("<", this.#at);
      if (next < 0) throw this.#error("the document ends inside an element");
      if (parent !== undefined && next > this.#at) {
        parent.text += decodeText(this.#text.slice(this.#at, next), this.#at);
      }
      this.#at = next;
      if (this.#text.startsWith("<!--", next)) {
        this.#skipPast("-->");
      } else if (parent !== undefined && this.#text.startsWith("<![CDATA[", next)) {
        this.#skipPast("]]>");
        parent.text += this.#text.slice(next + 9, this.#at - 3);
      } else if (this.#text[next + 1] === "/") {
        const done = this.#close(stack);
        if (done !== undefined) return done;
      } else {
        const done = this.#open(stack);
        if (done !== undefined) return done;
      }
    }
  }

  #open(stack: OpenElement[]): XmlElement | undefined {
    this.#at += 1;
    const qualifiedName = this.#match(NAME);
    if (qualifiedName === "") throw this.#error("a tag without a name (or a DTD)");
    if (++this.#elements > MAX_ELEMENTS) throw this.#error("too many elements");
    while (this.#match(ATTRIBUTE) !== "");
    this.#match(BLANK);
    stack.push({ qualifiedName, text: "", children: [] });
    if (stack.length > MAX_DEPTH) throw this.#error("elements nested too deep");
    if (this.#text.startsWith("/>", this.#at)) {
      this.#at += 2;
      return finish(stack);
    }
    if (this.#text[this.#at] !== ">") throw this.#error("a malformed tag");
    this.#at += 1;
    return undefined;
  }

  #close(stack: OpenElement[]): XmlElement | undefined {
    this.#at += 2;
    const name = this.#match(NAME);
    this.#match(BLANK);
    if (name !== stack.at(-1)?.qualifiedName || this.#text[this.#at] !== ">") {
      throw this.#error("an end tag that does not fit");
    }
    this.#at += 1;
    return finish(stack);
  }

  #blanksAndComments(): void {
    for (;;) {
      this.#match(BLANK);
      if (!this.#text.startsWith("<!--", this.#at)) return;
      this.#skipPast("-->");
    }
  }

  #skipPast(mark: string): void {
    const found = this.#text.indexOf(mark, this.#at + 4);
    if (found < 0) throw this.#error(`no ${mark}`);
    this.#at = found + mark.length;
  }

  /** The text that a sticky pattern matches here, or "". */
  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? "";
    this.#at += found.length;
    return found;
  }

  #error(why: string): XmlError {
    return new XmlError(why, this.#at);
  }
}

/** Ends the innermost element; it is returned if it was the root. */
function finish(stack: OpenElement[]): XmlElement | undefined {
  const { qualifiedName, text, children } = stack.pop() as OpenElement;
  const element = { name: qualifiedName.slice(qualifiedName.indexOf(":") + 1), text, children };
  const parent = stack.at(-1);
  if (parent === undefined) return element;
  parent.children.push(element);
  return undefined;
}

const NAMED: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
};

function decodeText(text: string, at: number): string {
  if (!text.includes("&")) return text;
  return text.replace(/&([^;&]{0,12});?/g, (whole, name: string) => {
    const named = whole.endsWith(";") && Object.hasOwn(NAMED, name) ? NAMED[name] : undefined;
    if (named !== undefined) return named;
    const numeric = /^&#(?:x([0-9A-Fa-f]{1,6})|([0-9]{1,7}));$/.exec(whole);
    const code =
      numeric === null
        ? -1
        : Number.parseInt(numeric[1] ?? numeric[2] ?? "", numeric[1] === undefined ? 10 : 16);
    if (code < 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) {
      throw new XmlError(`the unknown entity ${whole}`, at);
    }
    return String.fromCodePoint(code);
  });
}

/** Characters that XML 1.0 cannot carry, not even as a number (§2.2 "Char"). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const UNCARRIED = /[\0-\x08\x0B\x0C\x0E-\x1F\uFFFE\uFFFF]/;

/** True if XML 1.0 can carry the text. */
export function canBeXml(text: string): boolean {
  return !UNCARRIED.test(text);
}

/** Text for the inside of an element; white space that parsers would change goes as a number. */
export function escapeXml(text: string): string {
  return text.replace(/[&<>"'\t\n\r\x7F-\x9F\u2028]/g, (char) => {
    switch (char) {
      case "&":
        return "&amp;";
      case "<":
        return "&lt;";
      case ">":
        return "&gt;";
      default:
        return `&#${char.charCodeAt(0)};`;
    }
  });
}
