#!/usr/bin/env node
/* global URLSearchParams */
/**
 * A browser for `BROWSER` that signs in over HTTP. Follows redirects with cookies, fills in each page's form
 * and presses the button that agrees, until it gets a page without a form. Types `USER_CODE` if a page asks
 * for a code.
 */
import { appendFileSync } from "node:fs";
import { request } from "node:http";
import { text } from "node:stream/consumers";
import { parse } from "parse5";

const MAX_PAGES = 30;
const AGREE = /allow|approve|authori[sz]e|accept|grant|confirm|continue|sign in|log ?in|connect|yes/i;
const DECLINE = /deny|decline|cancel|reject/i;
const jars = new Map();

let next = { url: new URL(process.argv[2]), method: "GET" };
let seen = "";
for (let count = 0; next && count < MAX_PAGES; count++) next = await open(next);
if (next) process.stderr.write(`gave up after ${MAX_PAGES} pages\n`);
process.exitCode = next ? 1 : 0;

/** Opens one page. Resolves with the next request; undefined at the end. */
async function open({ url, method, body }) {
  const jar = jars.get(url.host) ?? jars.set(url.host, new Map()).get(url.host);
  const { status, headers, content } = await send(url, method, body, jar);
  for (const line of headers["set-cookie"] ?? []) {
    const [, name, value] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
    if (name) jar.set(name, value);
  }
  if (process.env.BROWSER_RECORD)
    appendFileSync(process.env.BROWSER_RECORD, `${method} ${url} ${status}\n${content.slice(0, 2_000)}\n`);
  if (headers.location) return { url: new URL(headers.location, url), method: "GET" };
  if (status >= 300) throw new Error(`${method} ${url.pathname}: ${status} ${content.slice(0, 500)}`);
  const form = content === seen ? undefined : findAll(parse(content), "form")[0];
  seen = content;
  return form && submit(form, url);
}

/**
 * Sends a request with a browser's navigation headers; some servers treat requests without them as scripts.
 */
async function send(url, method, body, jar) {
  const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
  const headers = {
    accept: "text/html",
    "sec-fetch-mode": "navigate",
    "sec-fetch-dest": "document",
    ...(cookie && { cookie }),
    ...(body && { origin: url.origin, "content-type": "application/x-www-form-urlencoded" })
  };
  const response = await new Promise((resolve, reject) => {
    request(url, { method, headers }, resolve)
      .on("error", reject)
      .end(body && String(body));
  });
  return { status: response.statusCode, headers: response.headers, content: await text(response) };
}

function submit(form, url) {
  const fields = filledIn(form);
  const button = agreement(form);
  const { name, value = "" } = button ? attributes(button) : {};
  if (name) fields.append(name, value);
  const { action = "", method = "get" } = attributes(form);
  const target = new URL(action || url, url);
  if (method.toLowerCase() === "post") return { url: target, method: "POST", body: fields };
  target.search = fields;
  return { url: target, method: "GET" };
}

function filledIn(form) {
  const fields = new URLSearchParams();
  for (const input of findAll(form, "input")) {
    const { name, type = "text", value = "" } = attributes(input);
    if (name && !["submit", "button", "image"].includes(type)) fields.append(name, value || fill(name, type));
  }
  return fields;
}

/** The button that agrees, or else the first one. */
function agreement(form) {
  const buttons = [...findAll(form, "button"), ...findAll(form, "input").filter(isSubmit)];
  const label = (button) => `${textOf(button)} ${attributes(button).value ?? ""}`;
  return buttons.find((one) => AGREE.test(label(one)) && !DECLINE.test(label(one))) ?? buttons[0];
}

function fill(name, type) {
  if (/code/i.test(name)) return process.env.USER_CODE ?? "";
  if (type === "password" || /password/i.test(name)) return "correct horse battery staple";
  if (type === "checkbox") return "on";
  return /user|mail|login/i.test(name) ? "robin@example.com" : "";
}

function isSubmit(input) {
  return attributes(input).type === "submit";
}

function attributes(node) {
  return Object.fromEntries(node.attrs.map(({ name, value }) => [name, value]));
}

function textOf(node) {
  return node.value ?? (node.childNodes ?? []).map(textOf).join("");
}

function findAll(node, tag) {
  const inner = (node.childNodes ?? []).flatMap((child) => findAll(child, tag));
  return node.nodeName === tag ? [node, ...inner] : inner;
}
