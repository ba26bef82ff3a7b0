#!/usr/bin/env node
/**
 * A minimal browser for `BROWSER`, for tests: opens a URL, keeps cookies per host, follows redirects until it
 * gets a page, and prints the page. It doesn't click anything, so start the sandbox with `--auto-approve`.
 */
const jars = new Map();
let url = new URL(process.argv[2]);

for (let hop = 0; hop < 20; hop++) {
  const jar = jars.get(url.host) ?? jars.set(url.host, new Map()).get(url.host);
  const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
  const response = await fetch(url, { redirect: "manual", headers: cookie ? { cookie } : {} });
  for (const line of response.headers.getSetCookie()) {
    const [, name, value] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
    if (name) jar.set(name, value);
  }
  const location = response.headers.get("location");
  const text = await response.text();
  if (!location) {
    process.exitCode = response.ok ? 0 : 1;
    process.stdout.write(text);
    break;
  }
  url = new URL(location, url);
}
process.exitCode ??= 1;
