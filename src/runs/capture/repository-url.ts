/**
 * The URL of a repository without what lets one in: for HTTP no user at all, as it may be a token, else no password.
 * Paths and git's short form, `git@host:path`, stay as they are.
 */
export function repositoryUrl(remote: string): string {
  if (!remote.includes("://")) return remote;
  if (!URL.canParse(remote)) return remote.replace(/\/\/.*@/, "//");
  const url = new URL(remote);
  url.password = "";
  if (!url.protocol.startsWith("ssh")) url.username = "";
  url.search = "";
  url.hash = "";
  return url.href;
}
