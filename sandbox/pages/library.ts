import type { ClientKey, Environment, Image } from "../schemas.ts";
import type { Service } from "../service.ts";
import { html, type Html } from "./html.ts";
import { layout } from "./layout.ts";

/** How many images of an Environment are shown. */
const maxShown = 60;

/** All images by Environment, newest first. */
export function imagesPage({ organization, images }: Service): string {
  const sections = organization.environments.map((environment) => {
    const found = images.list(environment.id).slice(0, maxShown);
    return section(
      environment,
      found.length > 0 ? html`<div class="grid">${found.map(figure)}</div>` : html`<p>No images yet.</p>`
    );
  });
  return layout(
    "Images",
    html`<h1>Images</h1>
      ${sections}`,
    "/images"
  );
}

/**
 * Client Keys by Environment. Server API Keys are created by hand in the real dashboard; the sandbox has
 * none.
 */
export function apiKeysPage({ organization, clientKeys }: Service): string {
  const sections = organization.environments.map((environment) => {
    const keys = clientKeys.list(environment.id);
    return section(
      environment,
      keys.length > 0
        ? html`<ul class="rows">
            ${keys.map(keyRow)}
          </ul>`
        : html`<p>No Client Keys yet.</p>`
    );
  });
  const note = html`<p class="foot">
    In Imgwire's own dashboard you also create Server API Keys here. The sandbox has none.
  </p>`;
  return layout(
    "API keys",
    html`<h1>API keys</h1>
      ${sections}${note}`,
    "/api-keys"
  );
}

function section({ name, default: isDefault }: Environment, content: Html): Html {
  return html`<section class="card">
    <h2>${name} ${isDefault && html`<span class="badge">default</span>`}</h2>
    ${content}
  </section>`;
}

function figure({ cdn_url, original_filename, status, width, height, is_directly_deliverable }: Image): Html {
  const shown = status === "READY" && is_directly_deliverable;
  return html`<figure>
    ${shown && html`<a href="${cdn_url}"><img src="${cdn_url}@small" alt="${original_filename}" loading="lazy" /></a>`}
    <figcaption>
      ${original_filename}<br />${status === "READY" ? `${width} × ${height}` : status.toLowerCase()}
    </figcaption>
  </figure>`;
}

function keyRow(key: ClientKey): Html {
  return html`<li>
    <div>${key.name}<small>${key.scopes.join(", ")}</small></div>
    <code>${key.client_key ?? ""}</code>
  </li>`;
}
