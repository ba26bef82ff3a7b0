import { ImgwireError, SignInNeededError } from "../errors.ts";
import type { Log } from "../log.ts";
import type { BrowserInputs } from "../system/browser.ts";
import type { Http } from "../system/http.ts";
import { type Fetch, createFetch } from "./fetch.ts";
import { revoke } from "./grants.ts";
import type { SignInRecord } from "./record.ts";
import { type OpenStore, type RecordStore, recordStore } from "./record-store.ts";
import { fixedTokenRefused, grantedScopes, classifyForbidden } from "./insufficient-scope.ts";
import type { ClientSettings } from "./registration.ts";
import { isSignedIn, renew, type SignedIn } from "./renewal.ts";
import { type SignInOptions, startSignIn } from "./sign-in.ts";
import { isExpiring } from "./tokens.ts";
import type { AuthChallenge, PendingSignIn } from "../authorization.ts";

/** What a session is made of. */
export interface SessionOptions extends BrowserInputs, ClientSettings {
  /** The hosted MCP endpoint. */
  url: URL;
  http: Http;
  /** Folder of the index, the locks and the notices. */
  stateDir: string;
  openStore: OpenStore;
  log: Log;
  /** A bearer token to use as it is: nothing is stored, refreshed or signed in. */
  accessToken: string | undefined;
  /** Version of this program, for client registrations. */
  version: string;
}

/** What is known of a sign-in, for people and `--json`. */
export interface SessionStatus {
  signedIn: boolean;
  /** How requests are authorized: by a sign-in, by `IMGWIRE_ACCESS_TOKEN`, or not at all. */
  by: "sign-in" | "access-token" | "nothing";
  issuer: string | undefined;
  store: string | undefined;
  /** Where the store is, for people. */
  location: string | undefined;
  /** When the access token ends, in milliseconds since the epoch. */
  expiresAt: number | undefined;
  /** Whether it can be renewed without the user. */
  refreshable: boolean;
  scopes: readonly string[];
}

/** How a sign-out went. */
export interface SignOutResult {
  wasSignedIn: boolean;
  /** Whether the server has revoked the tokens. */
  revoked: boolean;
  /** Why they could not be revoked, where that was tried. */
  problem: Error | undefined;
}

const NOT_SIGNED_IN: SignOutResult = { wasSignedIn: false, revoked: false, problem: undefined };

/** Milliseconds for which a failed renewal is not tried again while the old token may still do. */
const RETRY_MS = 10_000;
/** How many times tokens that were refused lead to another sign-in, and within how many milliseconds. */
const REPEATS = 2;
const REPEATS_MS = 10 * 60_000;

/**
 * The one owner of the tokens for a hosted URL. Each method is safe to call at any time, from many requests at once
 * and in many processes at once.
 */
export class Session {
  readonly #options: SessionOptions;
  readonly #records: RecordStore;
  readonly #ask: Fetch;
  readonly #closing = new AbortController();
  #record: SignInRecord | undefined;
  /** Generation of the index entry that was read last; the store is not asked twice for the same one. */
  #read: number | undefined;
  #reading: Promise<SignInRecord | undefined> | undefined;
  #renewing: Promise<SignedIn> | undefined;
  #signingIn: Promise<PendingSignIn> | undefined;
  #retryAt = 0;
  #signIns: number[] = [];

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#records = recordStore(options.stateDir, options.url.href, options.openStore);
    this.#ask = createFetch(options.http, this.#closing.signal);
  }

  /**
   * The bearer token for the next request, renewed when it is about to expire; undefined when nobody is signed in.
   * A renewal that fails leaves the old token in use: the hosted server decides whether it still does.
   * @throws ImgwireError when the credential store cannot be asked
   */
  async token(): Promise<string | undefined> {
    if (this.#options.accessToken) return this.#options.accessToken;
    const record = await this.#current();
    if (!isSignedIn(record)) return undefined;
    const { access_token, refresh_token } = record.tokens;
    const now = Date.now();
    if (!isExpiring(record.tokens, now) || !refresh_token || now < this.#retryAt) return access_token;
    try {
      return (await this.#renew(record)).tokens.access_token;
    } catch (error) {
      if (error instanceof SignInNeededError) return undefined;
      this.#retryAt = Date.now() + RETRY_MS;
      this.#options.log.warn((error as Error).message);
      return access_token;
    }
  }

  /**
   * A token to repeat a refused request with, once.
   * @throws SignInNeededError when only a sign-in can help; UnreachableError when the authorization server fails;
   *   ImgwireError `insufficient_scope` or `forbidden` when nothing will help
   */
  async onUnauthorized(refusal: AuthChallenge): Promise<string> {
    if (this.#options.accessToken) throw fixedTokenRefused(refusal);
    const record = await this.#current();
    if (!isSignedIn(record)) throw new SignInNeededError("Nobody is signed in.");
    if (record.tokens.access_token !== refusal.token) return record.tokens.access_token;
    if (refusal.status === 403) throw classifyForbidden(refusal, record);
    return (await this.#renew(record)).tokens.access_token;
  }

  /**
   * Starts this machine's one sign-in, or joins the one that is under way.
   * @param refusal the hosted server's challenge, where there was one: it may name metadata and scopes
   * @throws ImgwireError when no sign-in can be offered
   */
  async signIn(refusal?: AuthChallenge, options: SignInOptions = {}): Promise<PendingSignIn> {
    if (this.#options.accessToken) throw refusal ? fixedTokenRefused(refusal) : fixedToken();
    this.#signingIn ??= this.#startSignIn(refusal, options);
    return this.#signingIn;
  }

  /** Revokes the tokens at the server (RFC 7009), then forgets them and the client registration, come what may. */
  async signOut(): Promise<SignOutResult> {
    if (!this.#records.indexed() && !this.#records.isIndexBroken() && !this.#record) return NOT_SIGNED_IN;
    const result = await this.#records.exclusively(async (present, save) => {
      const outcome = present && (await this.#revoke(present));
      await save(undefined);
      return { wasSignedIn: isSignedIn(present), revoked: outcome === true, problem: asError(outcome) };
    });
    this.#record = undefined;
    return result;
  }

  /** What is known of the sign-in. Throws as the credential store does. */
  async status(): Promise<SessionStatus> {
    const fixed = this.#options.accessToken !== undefined;
    const record = fixed ? undefined : await this.#current();
    const signedIn = isSignedIn(record);
    const store = signedIn ? await this.#records.store() : undefined;
    return {
      signedIn: fixed || signedIn,
      by: fixed ? "access-token" : signedIn ? "sign-in" : "nothing",
      issuer: record?.server.issuer,
      store: store?.kind,
      location: store?.describe(),
      expiresAt: record?.tokens?.expires_at,
      refreshable: record?.tokens?.refresh_token !== undefined,
      scopes: signedIn ? grantedScopes(record) : []
    };
  }

  /** Ends whatever is under way: the listener is closed and the machine's sign-in free for others. */
  async close(): Promise<void> {
    this.#closing.abort(new ImgwireError("closed", "The program is ending."));
    const flow = await this.#signingIn?.catch(() => undefined);
    await flow?.completed.catch(() => undefined);
  }

  /** The record as far as it is known; the store is read when the index shows something that was not read yet. */
  async #current(): Promise<SignInRecord | undefined> {
    if (isSignedIn(this.#record)) return this.#record;
    const indexed = this.#records.indexed()?.generation;
    const unread = indexed ?? (this.#records.isIndexBroken() ? -1 : undefined);
    if (unread === undefined || unread === this.#read) return this.#record;
    this.#reading ??= this.#records.read().finally(() => (this.#reading = undefined));
    this.#record = await this.#reading;
    this.#read = unread;
    return this.#record;
  }

  #renew(record: SignedIn): Promise<SignedIn> {
    this.#renewing ??= this.#startRenewal(record).finally(() => (this.#renewing = undefined));
    return this.#renewing;
  }

  async #startRenewal(record: SignedIn): Promise<SignedIn> {
    const { url: hosted, log } = this.#options;
    try {
      const next = await renew({ records: this.#records, ask: this.#ask, hosted, log }, record);
      this.#record = next;
      return next;
    } catch (error) {
      if (error instanceof SignInNeededError) this.#record = undefined;
      throw error;
    }
  }

  async #startSignIn(refusal: AuthChallenge | undefined, options: SignInOptions): Promise<PendingSignIn> {
    try {
      this.#boundRepeats(refusal);
      const { url: hosted, stateDir, version } = this.#options;
      const client: ClientSettings = this.#options;
      const parts = {
        hosted,
        stateDir,
        records: this.#records,
        ask: this.#ask,
        client,
        browser: this.#options,
        version
      };
      const flow = await startSignIn(parts, refusal, options, this.#closing.signal);
      const completed = flow.completed.then(() => this.#adopt()).finally(() => (this.#signingIn = undefined));
      completed.catch(() => undefined);
      return { ...flow, completed };
    } catch (error) {
      this.#signingIn = undefined;
      throw error;
    }
  }

  /** A server that refuses what a sign-in has just given must not send the user from one sign-in to the next. */
  #boundRepeats(refusal: AuthChallenge | undefined): void {
    if (refusal?.token === undefined) return;
    this.#signIns = this.#signIns.filter((at) => at > Date.now() - REPEATS_MS);
    if (this.#signIns.length >= REPEATS) {
      throw new ImgwireError("sign_in_useless", "The hosted server refuses every sign-in.", {
        hint: "Run `imgwire doctor`, or try again in ten minutes."
      });
    }
    this.#signIns.push(Date.now());
  }

  async #adopt(): Promise<void> {
    this.#record = await this.#records.read();
  }

  async #revoke(record: SignInRecord): Promise<boolean | Error> {
    return revoke(this.#ask, record).catch((error: Error) => error);
  }
}

function fixedToken(): ImgwireError {
  return new ImgwireError(
    "access_token_fixed",
    "IMGWIRE_ACCESS_TOKEN is set, so there is nothing to sign in to.",
    {
      hint: "Unset IMGWIRE_ACCESS_TOKEN and run `imgwire login`."
    }
  );
}

function asError(outcome: unknown): Error | undefined {
  return outcome instanceof Error ? outcome : undefined;
}
