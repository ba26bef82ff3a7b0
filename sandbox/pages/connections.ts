import type { Connection } from "../account/connections.ts";
import type { Service } from "../service.ts";
import { identity } from "./consent.ts";
import { html, type Html } from "./html.ts";
import { layout } from "./layout.ts";

/** The Authorized Connections, each with its Environment to change and a button to revoke it. */
export function connectionsPage(service: Service): string {
  const connections = service.connections.list();
  return layout(
    "Authorized Connections",
    html`<section class="card">
      <h1>Authorized Connections</h1>
      <p>
        Agents that may use Imgwire as ${identity(service.organization)}. Each one works in the Environment it
        is linked to.
      </p>
      ${connections.length > 0 ? table(connections, service) : html`<p>None yet. One appears here when an agent has signed in.</p>`}
    </section>`,
    "dashboard"
  );
}

function table(connections: Connection[], service: Service): Html {
  const rows = connections.map((connection) => row(connection, service));
  return html`<table>
    <thead>
      <tr>
        <th>Agent</th>
        <th>Environment</th>
        <th>Last used</th>
        <th></th>
      </tr>
    </thead>
    <tbody>
      ${rows}
    </tbody>
  </table>`;
}

function row(
  { clientId, clientName, environmentId, lastUsedAt }: Connection,
  { organization }: Service
): Html {
  const options = organization.environments.map(
    ({ id, name }) => html`<option value="${id}" ${id === environmentId && "selected"}>${name}</option>`
  );
  const client = html`<input type="hidden" name="client_id" value="${clientId}" />`;
  return html`<tr>
    <td>${clientName}<small>${clientId}</small></td>
    <td>
      <form method="post" action="/connections">
        ${client}<select name="environment" aria-label="Environment of ${clientName}">
          <option value="">not linked</option>
          ${options}</select
        ><button class="small">Save</button>
      </form>
    </td>
    <td>${lastUsedAt ? when(lastUsedAt) : "never"}</td>
    <td>
      <form method="post" action="/connections">
        ${client}<button class="small danger" name="action" value="revoke">Revoke</button>
      </form>
    </td>
  </tr>`;
}

function when(iso: string): Html {
  return html`<time datetime="${iso}">${iso.slice(0, 16).replace("T", " ")} UTC</time>`;
}
