import type { IncomingMessage, ServerResponse } from "node:http";
import { readForm, readText, redirect, sendHtml, sendJson, urlOf } from "../http/message.ts";
import type { Fault } from "../http/faults.ts";
import { connectionsPage } from "../pages/connections.ts";
import { notFoundPage } from "../pages/error.ts";
import { apiKeysPage, imagesPage } from "../pages/library.ts";
import type { Sandbox } from "../sandbox.ts";
import type { Service } from "../service.ts";

type Handler = (req: IncomingMessage, res: ServerResponse) => Promise<void> | void;

/**
 * The dashboard: pages for people and, below `/api/`, a JSON interface for tests that run in another process.
 */
export class Dashboard {
  readonly #service: Service;
  readonly #sandbox: Sandbox;
  readonly #routes: Record<string, Handler>;

  constructor(service: Service, sandbox: Sandbox) {
    this.#service = service;
    this.#sandbox = sandbox;
    this.#routes = {
      "GET /": (_req, res) => redirect(res, "/connections"),
      "GET /connections": (_req, res) => sendHtml(res, 200, connectionsPage(service)),
      "POST /connections": (req, res) => this.#changeConnection(req, res),
      "GET /images": (_req, res) => sendHtml(res, 200, imagesPage(service)),
      "GET /api-keys": (_req, res) => sendHtml(res, 200, apiKeysPage(service)),
      "GET /api/stats": (_req, res) => sendJson(res, 200, sandbox.stats),
      "GET /api/environments": (_req, res) => sendJson(res, 200, service.organization.environments),
      "GET /api/connections": (_req, res) => sendJson(res, 200, service.connections.list()),
      "GET /api/objects": (req, res) => this.#object(req, res),
      "POST /api/faults": (req, res) =>
        this.#change(res, async () => sandbox.fault(await readJson<Fault>(req))),
      "DELETE /api/faults": (_req, res) => this.#change(res, () => sandbox.clearFaults()),
      "POST /api/revoke-access-tokens": (_req, res) =>
        sendJson(res, 200, { revoked: sandbox.revokeAccessTokens() }),
      "POST /api/expire-sessions": (_req, res) => this.#change(res, () => sandbox.expireSessions()),
      "POST /api/withdraw-tools": (req, res) =>
        this.#change(res, async () => sandbox.withdrawTools(await readJson<string[]>(req))),
      "POST /api/client-metadata": (req, res) => this.#change(res, () => this.#publishClientMetadata(req))
    };
  }

  async serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const handler = this.#routes[`${req.method} ${urlOf(req).pathname}`];
    if (handler) return handler(req, res);
    sendHtml(res, 404, notFoundPage());
  }

  /** The form has `client_id` and either `action=revoke` or `environment=<id>`, which is empty to unlink. */
  async #changeConnection(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const form = await readForm(req);
    const clientId = form.get("client_id") ?? "";
    const { connections, organization } = this.#service;
    if (form.get("action") === "revoke") connections.revoke(clientId);
    else
      connections.bind(
        clientId,
        organization.environments.find(({ id }) => id === form.get("environment"))?.id
      );
    redirect(res, "/connections");
  }

  /** `?image=<id>`: its record, with size and SHA-256 of the stored bytes. */
  #object(req: IncomingMessage, res: ServerResponse): void {
    const id = urlOf(req).searchParams.get("image") ?? "";
    const image = this.#sandbox.store.image(id);
    const { size, sha256 } = this.#sandbox.store.object(id) ?? {};
    sendJson(res, image ? 200 : 404, { image: image ?? null, size: size ?? null, sha256: sha256 ?? null });
  }

  /** The body is the document itself: `{"client_id": "https://…", …}`. */
  async #publishClientMetadata(req: IncomingMessage): Promise<void> {
    const document = await readJson<{ client_id: string }>(req);
    this.#sandbox.publishClientMetadata(document.client_id, document);
  }

  /** Responds without content once a change has been made. */
  async #change(res: ServerResponse, change: () => void | Promise<void>): Promise<void> {
    await change();
    res.writeHead(204).end();
  }
}

async function readJson<T>(req: IncomingMessage): Promise<T> {
  return JSON.parse(await readText(req)) as T;
}
