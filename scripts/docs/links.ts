import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** The links of a page to files or headings of the repository that are not there. */
export function brokenLinks(root: string, page: string, markdown: string): string[] {
  const text = markdown.replace(/^```[\s\S]*?^```$/gm, "");
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] ?? "");
  return links.filter((link) => !/^[a-z]+:/.test(link) && !leadsSomewhere(root, page, link));
}

function leadsSomewhere(root: string, page: string, link: string): boolean {
  const [path = "", anchor] = link.split("#");
  const file = path === "" ? join(root, page) : join(root, dirname(page), path);
  if (!existsSync(file)) return false;
  if (anchor === undefined) return true;
  return file.endsWith(".md") && anchorsOf(readFileSync(file, "utf8")).includes(anchor);
}

/** The anchors of a page's headings, as GitHub makes them. */
export function anchorsOf(markdown: string): string[] {
  const text = markdown.replace(/^```[\s\S]*?^```$/gm, "");
  return [...text.matchAll(/^#+ (.+)$/gm)].map((match) =>
    (match[1] ?? "")
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(" ", "-"),
  );
}
