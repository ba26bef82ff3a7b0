import type { Connection } from "../account/connections.ts";
import type { Service } from "../service.ts";
import { identity } from "./consent.ts";
import { html, type Html } from "./html.ts";
import { layout } from "./layout.ts";

/** The Authorized Connections; each has its Environment to change and a button to revoke it. */
export function connectionsPage(service: Service): string {
  const connections = service.connections.list();
  return layout(
    "Authorized Connections",
    html`<section class="card">
      <h1>Authorized Connections</h1>
      <p>Agents connected to ${identity(service.organization)}. Each uses the Environment selected here.</p>
      ${
        connections.length > 0
          ? html`<ul class="rows">
              ${connections.map((connection) => row(connection, service))}
            </ul>`
          : html`<p>None yet. An agent appears here once it has signed in.</p>`
      }
    </section>`,
    "/connections"
  );
}

function row(
  { clientId, clientName, environmentId, lastUsedAt }: Connection,
  { organization }: Service
): Html {
  const options = organization.environments.map(
    ({ id, name }) => html`<option value="${id}" ${id === environmentId && "selected"}>${name}</option>`
  );
  const client = html`<input type="hidden" name="client_id" value="${clientId}" />`;
  return html`<li>
    <div>
      ${clientName}<small>${clientId}</small
      ><small>${lastUsedAt ? html`last used ${when(lastUsedAt)}` : "never used"}</small>
    </div>
    <form method="post" action="/connections">
      ${client}<select name="environment" aria-label="Environment of ${clientName}">
        <option value="">not linked</option>
        ${options}</select
      ><button class="small" aria-label="Save the Environment of ${clientName}">Save</button>
    </form>
    <form method="post" action="/connections">
      ${client}<button class="small danger" name="action" value="revoke" aria-label="Revoke ${clientName}">
        Revoke
      </button>
    </form>
  </li>`;
}

function when(iso: string): Html {
  return html`<time datetime="${iso}">${iso.slice(0, 16).replace("T", " ")} UTC</time>`;
}
