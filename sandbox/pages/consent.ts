import type { Organization } from "../account/organization.ts";
import { html, type Html } from "./html.ts";
import { layout } from "./layout.ts";

export interface ConsentRequest {
  clientName: string;
  organization: Organization;
  /** The preselected Environment; if undefined, "Choose later" is preselected. */
  linkedEnvironmentId: string | undefined;
}

/** The page on which a user allows an OAuth client and links it to an Environment. */
export function consentPage(request: ConsentRequest & { returnTo: string; action: string }): string {
  return layout(
    "Connect an agent",
    html`<section class="card">
        <h1>Connect ${request.clientName} to your Imgwire account?</h1>
        <p>Signed in as ${identity(request.organization)}.</p>
        <form method="post" action="${request.action}">
          ${permissions()}${environmentChoice(request)}${decision()}
        </form>
      </section>
      <p class="foot">Next: ${nextStop(new URL(request.returnTo))}</p>`
  );
}

function nextStop({ host, hostname, protocol }: URL): Html {
  const local = ["127.0.0.1", "localhost", "[::1]"].includes(hostname);
  return local
    ? html`you'll return to the program on this computer that asked.`
    : html`you'll go to <strong>${host || protocol}</strong>.`;
}

export function identity({ user, name }: Organization): Html {
  return html`<strong>${user.email}</strong> in <strong>${name}</strong>`;
}

export function permissions(): Html {
  return html`<p id="may">It will be able to:</p>
    <ul class="may" aria-labelledby="may">
      <li>Upload and view images</li>
      <li>Create delivery URLs and Client Keys</li>
      <li>View metrics and usage</li>
    </ul>`;
}

export function environmentChoice({ organization, linkedEnvironmentId }: ConsentRequest): Html {
  const choices = organization.environments.map(
    ({ id, name, default: isDefault }) =>
      html`<label class="choice"
        ><input type="radio" name="environment" value="${id}" ${id === linkedEnvironmentId && "checked"} />
        <span>${name}</span> ${isDefault && html`<small>default</small>`}</label
      >`
  );
  return html`<fieldset>
    <legend>Environment</legend>
    ${choices}<label class="choice"
      ><input type="radio" name="environment" value="" ${linkedEnvironmentId === undefined && "checked"} />
      <span>Choose later</span> <small>the agent will ask</small></label
    >
  </fieldset>`;
}

/** Allow comes first so that pressing Enter anywhere in the form triggers it. */
export function decision(): Html {
  return html`<div class="actions">
    <button class="primary" name="decision" value="allow">Allow</button>
    <button name="decision" value="deny">Deny</button>
  </div>`;
}
