import { decision, environmentChoice, identity, permissions, type ConsentRequest } from "./consent.ts";
import { html, Html } from "./html.ts";
import { layout } from "./layout.ts";

/**
 * Asks for the code shown on the device.
 * @param wrongCode an invalid code that was entered before
 */
export function deviceCodePage(wrongCode?: string): string {
  const wrong = wrongCode !== undefined;
  return layout(
    "Connect a device",
    html`<section class="card">
      <h1>Enter your code</h1>
      <p>Enter the code shown in your terminal.</p>
      ${wrong && complaint()}
      <form method="get" action="/device">
        <input
          class="code"
          type="text"
          name="user_code"
          aria-label="Code"
          ${wrong && new Html('aria-invalid="true" aria-describedby="complaint"')}
          value="${wrongCode ?? ""}"
          placeholder="XXXX-XXXX"
          autocomplete="off"
          autocapitalize="characters"
          spellcheck="false"
          required
          autofocus
        />
        <div class="actions"><button class="primary">Continue</button></div>
      </form>
    </section>`
  );
}

function complaint(): Html {
  return html`<p class="error" role="alert" id="complaint">
    <strong>That code isn't valid.</strong> It may have expired or been used already. Run
    <code>imgwire login</code> for a new one.
  </p>`;
}

/** Shows the code as the device does, together with the client, and asks for the decision. */
export function deviceConfirmPage(request: ConsentRequest & { userCode: string }): string {
  return layout(
    "Connect a device",
    html`<section class="card">
      <h1>Connect ${request.clientName} to your Imgwire account?</h1>
      <p>Signed in as ${identity(request.organization)}. Make sure this matches the code in your terminal:</p>
      <output class="code">${request.userCode}</output>
      <form method="post" action="/device">
        <input type="hidden" name="user_code" value="${request.userCode}" />
        ${permissions()}${environmentChoice(request)}${decision()}
      </form>
    </section>`
  );
}

export function deviceDonePage(outcome: "allowed" | "denied", clientName: string): string {
  const [title, text] =
    outcome === "allowed"
      ? [`${clientName} is connected`, "You can close this page and return to your terminal."]
      : ["Sign-in cancelled", `You chose Deny, so ${clientName} wasn't connected. You can close this page.`];
  return layout(
    title,
    html`<section class="card">
      <h1>${title}</h1>
      <p>${text}</p>
    </section>`
  );
}
