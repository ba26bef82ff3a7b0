import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { http, HttpResponse } from "msw";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readAccount } from "../../src/auth/accounts.ts";
import { createFetch } from "../../src/auth/fetch.ts";
import type { SignInRecord } from "../../src/auth/record.ts";
import { recordStore } from "../../src/auth/record-store.ts";
import { renew, type SignedIn } from "../../src/auth/renewal.ts";
import { fileStore } from "../../src/credentials/file.ts";
import type { CredentialStore } from "../../src/credentials/store.ts";
import { SignInNeededError, UnreachableError } from "../../src/errors.ts";
import { createLog } from "../../src/log.ts";
import { createHttp, type Http } from "../../src/system/http.ts";
import { type Network, startNetwork } from "../support/network.ts";
import { removeFolder } from "../support/folder.ts";

const log = createLog("silent", () => undefined);
let hosted: Network;
let issuer: Network;
let mcpUrl: string;
/** The requests to the token endpoint, oldest first. */
let redeemed: Record<string, string>[];
let stateDir: string;
let connections: Http;

beforeEach(async () => {
  [hosted, issuer] = await Promise.all([startNetwork(), startNetwork()]);
  mcpUrl = `${hosted.origin}/mcp`;
  redeemed = [];
  answerTokens(() => {
    const count = redeemed.length;
    return HttpResponse.json({
      access_token: `CANARY-access-${count}`,
      refresh_token: `CANARY-refresh-${count}`,
      token_type: "Bearer",
      expires_in: 3_600
    });
  });
  useIssuer(issuer.origin);
  stateDir = await mkdtemp(join(tmpdir(), "imgwire-renewal-"));
  connections = createHttp({}, true);
});
afterEach(async () => {
  await connections.close();
  await Promise.all([hosted.close(), issuer.close()]);
  await removeFolder(stateDir);
});

/** Sets the answer of the token endpoint. */
function answerTokens(answer: () => Response): void {
  issuer.use(
    http.post(`${issuer.origin}/token`, async ({ request }) => {
      redeemed.push(Object.fromEntries(new URLSearchParams(await request.text())));
      return answer();
    })
  );
}

/** Sets the authorization server that the hosted server names. */
function useIssuer(origin: string): void {
  const resource = new URL("/", mcpUrl).href;
  hosted.use(
    http.get(`${hosted.origin}/.well-known/oauth-protected-resource/mcp`, () =>
      HttpResponse.json({ resource, authorization_servers: [origin] })
    )
  );
}

function signedIn(name: string, generation: number): SignedIn {
  return {
    version: 1,
    server: { issuer: issuer.origin, token_endpoint: `${issuer.origin}/token` },
    client: { source: "dynamic", client_id: "c1" },
    resource: new URL("/", mcpUrl).href,
    scopes: [],
    generation,
    account: "somebody",
    tokens: { access_token: `CANARY-a-${name}`, refresh_token: `CANARY-r-${name}`, obtained_at: 0 }
  };
}

/** Refreshes the tokens of `own` with the record in `store`. */
function renewIn(store: CredentialStore, own: SignedIn): Promise<SignedIn> {
  const records = recordStore(stateDir, mcpUrl, () => Promise.resolve(store));
  return renew({ records, fetch: createFetch(connections), hosted: new URL(mcpUrl), log }, own);
}

async function storeWith(record: SignInRecord): Promise<CredentialStore> {
  const store = fileStore(join(stateDir, "tokens"));
  await store.write(mcpUrl, JSON.stringify(record));
  return store;
}

async function storedIn(store: CredentialStore): Promise<SignInRecord | undefined> {
  const text = await store.read(mcpUrl);
  return text === undefined ? undefined : (JSON.parse(text) as SignInRecord);
}

const refused =
  (error: string): (() => Response) =>
  () =>
    HttpResponse.json({ error }, { status: 400 });
const bare = (status: number, body?: string, headers?: Record<string, string>) => (): Response =>
  new HttpResponse(body, { status, ...(headers && { headers }) });

describe("renew", () => {
  it("refreshes tokens for the resource, and updates the store and the index", async () => {
    const store = await storeWith(signedIn("old", 3));
    const next = await renewIn(store, signedIn("old", 3));
    expect(redeemed).toEqual([
      {
        grant_type: "refresh_token",
        refresh_token: "CANARY-r-old",
        client_id: "c1",
        resource: new URL("/", mcpUrl).href
      }
    ]);
    expect(next.tokens.access_token).toBe("CANARY-access-1");
    expect(await storedIn(store)).toEqual(next);
    expect(readAccount(stateDir, mcpUrl)).toMatchObject({ generation: 4, store: "file" });
  });

  it("uses tokens stored by another process instead of refreshing", async () => {
    const store = await storeWith(signedIn("newer", 4));
    expect((await renewIn(store, signedIn("old", 3))).tokens.access_token).toBe("CANARY-a-newer");
    expect(redeemed).toEqual([]);
  });

  it("uses tokens that another process stores while it waits for the lock, without refreshing [auth.renewed-once]", async () => {
    const store = await storeWith(signedIn("old", 3));
    const other = recordStore(stateDir, mcpUrl, () => Promise.resolve(store));
    const next = await other.exclusively(async (_, save) => {
      const waiting = renewIn(store, signedIn("old", 3));
      await save(signedIn("newer", 4));
      return waiting;
    });
    expect(next.tokens.access_token).toBe("CANARY-a-newer");
    expect(redeemed).toEqual([]);
  });

  it("never uses a record older than its own", async () => {
    const store = await storeWith(signedIn("older", 2));
    await renewIn(store, signedIn("own", 3));
    expect(redeemed.map((parameters) => parameters["refresh_token"])).toEqual(["CANARY-r-own"]);
  });

  it("rereads the store after invalid_grant, and keeps a newer token [auth.renewed-once]", async () => {
    const file = await storeWith(signedIn("stale", 3));
    answerTokens(refused("invalid_grant"));
    let reads = 0;
    const meanwhile: CredentialStore = {
      ...file,
      async read(account) {
        if (++reads === 2) await file.write(account, JSON.stringify(signedIn("newer", 4)));
        return file.read(account);
      }
    };
    const next = await renewIn(meanwhile, signedIn("stale", 3));
    expect(next.tokens.access_token).toBe("CANARY-a-newer");
    expect((await storedIn(file))?.tokens?.access_token).toBe("CANARY-a-newer");
  });

  it("removes only the refused tokens on invalid_grant, and keeps the registration", async () => {
    const store = await storeWith(signedIn("spent", 3));
    answerTokens(refused("invalid_grant"));
    await expect(renewIn(store, signedIn("spent", 3))).rejects.toBeInstanceOf(SignInNeededError);
    expect(await storedIn(store)).toMatchObject({ client: { client_id: "c1" }, generation: 4 });
    expect((await storedIn(store))?.tokens).toBeUndefined();
    expect(readAccount(stateDir, mcpUrl)).toBeUndefined();
  });

  it("removes a registration that the server no longer knows", async () => {
    const store = await storeWith(signedIn("own", 3));
    answerTokens(refused("invalid_client"));
    await expect(renewIn(store, signedIn("own", 3))).rejects.toBeInstanceOf(SignInNeededError);
    expect(await storedIn(store)).toBeUndefined();
  });

  it.each([
    ["a server error", bare(500, '{"error":"invalid_grant"}')],
    ["a busy server", refused("temporarily_unavailable")],
    ["nonsense", bare(200, "nonsense")],
    ["a redirect", bare(302, "", { location: "/elsewhere" })],
    ["an oversized response", bare(200, " ".repeat(2 * 1024 * 1024))]
  ] as [string, () => Response][])("keeps the tokens after %s", async (_, answer) => {
    const store = await storeWith(signedIn("own", 3));
    answerTokens(answer);
    await expect(renewIn(store, signedIn("own", 3))).rejects.toBeInstanceOf(UnreachableError);
    expect(await storedIn(store)).toEqual(signedIn("own", 3));
  });

  it.each([
    ["invalid_target", refused("invalid_target")],
    ["invalid_scope", refused("invalid_scope")],
    ["invalid_request", refused("invalid_request")],
    ["an unknown error code", refused("no_such_word")],
    ["400 without an error code", bare(400)],
    ["401 without an error code", bare(401)],
    ["403 with a web page", bare(403, "<html>")],
    ["404", bare(404)]
  ] as [string, () => Response][])(
    "asks for a sign-in after %s, and keeps the tokens until it succeeds [auth.refused-refresh-leads-to-sign-in]",
    async (_, answer) => {
      const store = await storeWith(signedIn("own", 3));
      answerTokens(answer);
      await expect(renewIn(store, signedIn("own", 3))).rejects.toBeInstanceOf(SignInNeededError);
      expect(await storedIn(store)).toEqual(signedIn("own", 3));
    }
  );

  it.each([407, 408, 425, 429])(
    "keeps the tokens after status %i, which doesn't concern the sign-in",
    async (status) => {
      const store = await storeWith(signedIn("own", 3));
      answerTokens(bare(status));
      await expect(renewIn(store, signedIn("own", 3))).rejects.toBeInstanceOf(UnreachableError);
      expect(await storedIn(store)).toEqual(signedIn("own", 3));
    }
  );

  it("asks for a sign-in if the authorization server fails and the hosted server now uses another one", async () => {
    const store = await storeWith(signedIn("own", 3));
    answerTokens(bare(503));
    useIssuer("http://127.0.0.1:9/other");
    await expect(renewIn(store, signedIn("own", 3))).rejects.toBeInstanceOf(SignInNeededError);
  });

  it("uses new tokens even if they can't be stored", async () => {
    const file = await storeWith(signedIn("own", 3));
    const full: CredentialStore = { ...file, write: () => Promise.reject(new Error("ENOSPC")) };
    const next = await renewIn(full, signedIn("own", 3));
    expect(next.tokens.refresh_token).toBe("CANARY-refresh-1");
    await renewIn(file, next);
    expect(redeemed.map((parameters) => parameters["refresh_token"])).toEqual([
      "CANARY-r-own",
      "CANARY-refresh-1"
    ]);
  });
});
