import type { Environment, Image } from "../schemas.ts";
import type { Service } from "../service.ts";
import { html, type Html } from "./html.ts";
import { layout } from "./layout.ts";

/** The images of every Environment, the newest first. */
export function imagesPage({ organization, images }: Service): string {
  const sections = organization.environments.map((environment) => {
    const found = images.list(environment.id);
    return html`<section class="card">
      <h2>${environment.name} ${badge(environment)}</h2>
      ${found.length > 0 ? html`<div class="grid">${found.slice(0, 60).map(figure)}</div>` : html`<p>No images yet.</p>`}
    </section>`;
  });
  return layout("Images", html`${sections}`, "dashboard");
}

function badge({ default: isDefault }: Environment): Html | false {
  return isDefault && html`<span class="badge">default</span>`;
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

/** Client Keys by Environment. Server API Keys are made by hand in the real dashboard; the sandbox has none. */
export function apiKeysPage({ organization, clientKeys }: Service): string {
  const sections = organization.environments.map((environment) => {
    const keys = clientKeys.list(environment.id);
    const rows = keys.map(
      (key) =>
        html`<tr>
          <td>${key.name}<small>${key.scopes.join(", ")}</small></td>
          <td><code>${key.client_key ?? ""}</code></td>
        </tr>`
    );
    return html`<section class="card">
      <h2>${environment.name} ${badge(environment)}</h2>
      ${
        keys.length > 0
          ? html`<table>
              <thead>
                <tr>
                  <th>Client Key</th>
                  <th></th>
                </tr>
              </thead>
              <tbody>
                ${rows}
              </tbody>
            </table>`
          : html`<p>No Client Keys yet.</p>`
      }
    </section>`;
  });
  const note = html`<p class="foot">
    In the hosted service you create Server API Keys on this page yourself. The sandbox has none.
  </p>`;
  return layout("API keys", html`${sections}${note}`, "dashboard");
}
