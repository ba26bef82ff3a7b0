import type { Organization } from "../account/organization.ts";
import { html, type Html } from "./html.ts";
import { layout } from "./layout.ts";

export interface Asking {
  clientName: string;
  organization: Organization;
  /** The Environment that is chosen at first; none means "choose later". */
  linkedEnvironmentId: string | undefined;
}

/** The page on which a user allows an OAuth client, and binds it to an Environment. */
export function consentPage(asking: Asking & { returnTo: string; action: string }): string {
  const { host, protocol } = new URL(asking.returnTo);
  const local = /^(127\.0\.0\.1|localhost|\[::1\])(:|$)/.test(host);
  const where = local ? "a program on this computer" : host || protocol;
  return layout(
    "Connect an agent",
    html`<section class="card">
        <h1>${asking.clientName} wants to use Imgwire</h1>
        <p>Signed in as ${identity(asking.organization)}</p>
        <form method="post" action="${asking.action}">
          ${permissions()}${environmentChoice(asking)}${decision()}
        </form>
      </section>
      <p class="foot">After you allow it you are sent to <strong>${where}</strong>.</p>`
  );
}

export function identity({ user, name }: Organization): Html {
  return html`<strong>${user.email}</strong> in <strong>${name}</strong>`;
}

export function permissions(): Html {
  return html`<ul class="may">
    <li>Upload images, and read the images of the Environment</li>
    <li>Make delivery URLs and publishable Client Keys</li>
    <li>Read metrics and usage</li>
  </ul>`;
}

export function environmentChoice({ organization, linkedEnvironmentId }: Asking): Html {
  const choices = organization.environments.map(
    ({ id, name, default: isDefault }) =>
      html`<label class="choice"
        ><input type="radio" name="environment" value="${id}" ${id === linkedEnvironmentId && "checked"} />
        ${name} ${isDefault && html`<small>default</small>`}</label
      >`
  );
  return html`<fieldset>
    <legend>Environment</legend>
    ${choices}<label class="choice"
      ><input type="radio" name="environment" value="" ${linkedEnvironmentId === undefined && "checked"} />
      Choose later <small>the agent will ask</small></label
    >
  </fieldset>`;
}

export function decision(): Html {
  return html`<div class="actions">
    <button name="decision" value="deny">Deny</button>
    <button class="primary" name="decision" value="allow">Allow</button>
  </div>`;
}
