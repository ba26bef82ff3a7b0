import { html, Html } from "./html.ts";
import { style } from "./style.ts";

const mark = new Html(
  `<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linejoin="round" aria-hidden="true"><rect x="2.5" y="4" width="19" height="16" rx="3.5"/><path d="m3 16.5 5-5.5 4.5 5 3-3 6 5.5"/><circle cx="16.5" cy="9" r="1.4" fill="currentColor" stroke="none"/></svg>`
);

const icon = `data:image/svg+xml,${encodeURIComponent(
  mark.markup.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" color="#129a86" ')
)}`;

/** The dashboard's pages, by path. */
const sections = { "/connections": "Connections", "/images": "Images", "/api-keys": "API keys" };
export type Section = keyof typeof sections;

/**
 * A whole page, without scripts or resources from elsewhere.
 * @param section the dashboard page that this is, or `"none"` for one that isn't in the navigation; undefined
 *   for a page with a single question and no navigation
 */
export function layout(title: string, body: Html, section?: Section | "none"): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title} · Imgwire sandbox</title>
        <link rel="icon" href="${icon}" />
        <style>
          ${new Html(style)}
        </style>
      </head>
      <body>
        <header>${mark}<span>Imgwire</span>${section && navigation(section)}<small>sandbox</small></header>
        <main class="${section ? "dashboard" : "dialog"}">${body}</main>
      </body>
    </html>`.markup;
}

function navigation(current: Section | "none"): Html {
  const links = Object.entries(sections).map(
    ([path, name]) =>
      html`<a href="${path}" ${path === current && new Html('aria-current="page"')}>${name}</a>`
  );
  return html`<nav aria-label="Dashboard">${links}</nav>`;
}
