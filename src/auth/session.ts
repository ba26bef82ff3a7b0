import type { AuthChallenge, AuthProvider, PendingSignIn } from "../authorization.ts";
import { ImgwireError, SignInNeededError } from "../errors.ts";
import type { Log } from "../log.ts";
import type { BrowserInputs } from "../system/browser.ts";
import type { Http } from "../system/http.ts";
import { accessTokenRefused, accessTokenSet, parseAccessToken, storeToken } from "./access-token.ts";
import { signInKey } from "./accounts.ts";
import type { ClientSettings } from "./client.ts";
import { createFetch, type Fetch } from "./fetch.ts";
import { classifyForbidden, noteMissingScopes } from "./insufficient-scope.ts";
import type { SignInOptions } from "./prepare-sign-in.ts";
import type { SignInRecord } from "./record.ts";
import { type OpenStore, type RecordStore, recordStore } from "./record-store.ts";
import { RepeatLimit } from "./repeat-limit.ts";
import { isSignedIn, renew, type SignedIn } from "./renewal.ts";
import { NOT_SIGNED_IN, signOut, type SignOutResult } from "./sign-out.ts";
import { pickUpSignIn, type SignInContext, startSignIn } from "./sign-in.ts";
import { describeStatus, type SessionStatus } from "./status.ts";
import { isExpiring } from "./tokens.ts";

/** What a session needs. */
export interface SessionOptions extends BrowserInputs, ClientSettings {
  /** The hosted MCP endpoint. */
  url: URL;
  /** Which of several sign-ins for the URL to use. */
  profile: string;
  http: Http;
  /** Folder of the index, the locks and the notices. */
  stateDir: string;
  openStore: OpenStore;
  log: Log;
  /** A bearer token to use instead of a sign-in; it is neither stored nor renewed. */
  accessToken: string | undefined;
  /** Fixed port of the loopback redirect, for a pre-registered client; undefined for any. */
  callbackPort: number | undefined;
  /** Version of this program, for client registrations. */
  version: string;
}

/** How long to wait before repeating a failed renewal, in milliseconds. The old token may still work. */
const RENEWAL_RETRY_INTERVAL_MS = 10_000;

/**
 * Owns the tokens for a hosted URL and profile. Each method is safe to call at any time, from many requests
 * and in many processes concurrently.
 */
export class Session implements AuthProvider {
  readonly #options: SessionOptions;
  readonly #accessToken: string | undefined;
  readonly #records: RecordStore;
  readonly #fetch: Fetch;
  readonly #closing = new AbortController();
  #record: SignInRecord | undefined;
  /** Generation in the index when the store was last read, so that it isn't read twice for the same one. */
  #generationRead: number | undefined;
  #reading: Promise<SignInRecord | undefined> | undefined;
  /** The last access token that this process obtained by a renewal. */
  #renewedToken: string | undefined;
  #renewing: Promise<SignedIn> | undefined;
  #signingIn: Promise<PendingSignIn> | undefined;
  #pickingUp: Promise<void> | undefined;
  #retryAt = 0;
  readonly #repeats = new RepeatLimit();

  /** @throws UsageError if `accessToken` can't be a token */
  constructor(options: SessionOptions) {
    this.#options = options;
    this.#accessToken = options.accessToken && parseAccessToken(options.accessToken, "IMGWIRE_ACCESS_TOKEN");
    const key = signInKey(options.url.href, options.profile);
    this.#records = recordStore(options.stateDir, key, options.openStore);
    this.#fetch = createFetch(options.http, this.#closing.signal);
  }

  /**
   * The bearer token for the next request, renewed if it is about to expire; undefined if nobody is signed
   * in. If a renewal fails, the old token stays in use: the hosted server decides whether it still works.
   * @throws ImgwireError if the credential store can't be read
   */
  async token(): Promise<string | undefined> {
    if (this.#accessToken) return this.#accessToken;
    const record = await this.#current();
    if (!isSignedIn(record)) return undefined;
    const { access_token, refresh_token } = record.tokens;
    const now = Date.now();
    if (!isExpiring(record.tokens, now) || !refresh_token || now < this.#retryAt) return access_token;
    try {
      return (await this.#renew(record)).tokens.access_token;
    } catch (error) {
      if (error instanceof SignInNeededError) return undefined;
      this.#retryAt = Date.now() + RENEWAL_RETRY_INTERVAL_MS;
      this.#options.log.warn((error as Error).message);
      return access_token;
    }
  }

  /**
   * Returns a token for repeating a refused request, once.
   * @throws SignInNeededError if only a sign-in can help; UnreachableError if the authorization server fails;
   *   ImgwireError `insufficient_scope` or `forbidden` if nothing will help
   */
  async onUnauthorized(challenge: AuthChallenge): Promise<string> {
    if (this.#accessToken) throw accessTokenRefused(challenge);
    const record = await this.#current();
    if (!isSignedIn(record)) throw new SignInNeededError("You're not signed in.", { challenge });
    if (record.tokens.access_token !== challenge.token) return record.tokens.access_token;
    if (challenge.repeated && challenge.token === this.#renewedToken) {
      throw new SignInNeededError("Imgwire refused a new access token too.", { challenge });
    }
    if (challenge.status === 403) return this.#forbidden(challenge, record);
    return (await this.#renew(record)).tokens.access_token;
  }

  /**
   * Starts this machine's one sign-in, or joins the one in progress.
   * @param challenge the hosted server's challenge, if there was one: it may name metadata and scopes
   * @throws ImgwireError if no sign-in can be offered
   */
  async signIn(challenge?: AuthChallenge, options: SignInOptions = {}): Promise<PendingSignIn> {
    if (this.#accessToken) throw challenge ? accessTokenRefused(challenge) : accessTokenSet();
    this.#signingIn ??= this.#startSignIn(challenge, options);
    return this.#signingIn;
  }

  /**
   * Stores an access token that the user provided, in place of a sign-in. Throws as the credential store
   * does.
   * @throws ImgwireError `access_token_fixed`
   */
  async useToken(accessToken: string): Promise<void> {
    if (this.#accessToken) throw accessTokenSet();
    await storeToken(this.#records, accessToken);
    await this.#adopt();
  }

  /** Revokes the tokens (RFC 7009), then deletes them and the client registration even if that failed. */
  async signOut(): Promise<SignOutResult> {
    if (!this.#records.indexed() && !this.#records.isIndexBroken() && !this.#record) return NOT_SIGNED_IN;
    const result = await signOut(this.#records, this.#fetch);
    this.#record = undefined;
    return result;
  }

  /** Describes the sign-in. Throws as the credential store does. */
  async status(): Promise<SessionStatus> {
    const record = this.#accessToken ? undefined : await this.#current();
    const store = isSignedIn(record) ? await this.#records.store() : undefined;
    return describeStatus(this.#options.profile, this.#accessToken !== undefined, record, store);
  }

  /** Stops everything in progress. A sign-in that is waiting for the user is left to the other processes. */
  async close(): Promise<void> {
    this.#closing.abort(new ImgwireError("closed", "The program is ending."));
    const pending = await this.#signingIn?.catch(() => undefined);
    await pending?.completed.catch(() => undefined);
  }

  /** Returns the latest record. Reads the store only if the index has an entry that wasn't read yet. */
  async #current(): Promise<SignInRecord | undefined> {
    if (isSignedIn(this.#record)) return this.#record;
    if (!this.#signingIn) await this.#pickUp();
    const indexed = this.#records.indexed()?.generation;
    const unread = indexed ?? (this.#records.isIndexBroken() ? -1 : undefined);
    if (unread === undefined || unread === this.#generationRead) return this.#record;
    this.#reading ??= this.#records.read().finally(() => (this.#reading = undefined));
    this.#record = await this.#reading;
    this.#generationRead = unread;
    return this.#record;
  }

  /** Finishes a sign-in that a process left behind when it ended. Single-flight. */
  #pickUp(): Promise<void> {
    this.#pickingUp ??= pickUpSignIn(this.#context()).finally(() => (this.#pickingUp = undefined));
    return this.#pickingUp;
  }

  readonly #redeemed = (accessToken: string): void => void (this.#renewedToken = accessToken);

  #renew(record: SignedIn): Promise<SignedIn> {
    this.#renewing ??= this.#startRenewal(record).finally(() => (this.#renewing = undefined));
    return this.#renewing;
  }

  async #startRenewal(record: SignedIn): Promise<SignedIn> {
    const { url: hosted, log } = this.#options;
    try {
      const next = await renew(
        { records: this.#records, fetch: this.#fetch, hosted, log, onRedeemed: this.#redeemed },
        record
      );
      this.#record = next;
      return next;
    } catch (error) {
      if (error instanceof SignInNeededError) this.#record = undefined;
      throw error;
    }
  }

  /** Throws the error for a 403, after storing the missing scopes for the next sign-in. */
  async #forbidden(challenge: AuthChallenge, record: SignedIn): Promise<never> {
    const { error, missingScopes } = classifyForbidden(challenge, record);
    if (missingScopes.length) await noteMissingScopes(this.#records, missingScopes);
    throw error;
  }

  async #startSignIn(challenge: AuthChallenge | undefined, options: SignInOptions): Promise<PendingSignIn> {
    try {
      this.#repeats.count(challenge);
      const pending = await startSignIn(this.#context(), challenge, options);
      const completed = pending.completed
        .then(() => this.#adopt())
        .finally(() => (this.#signingIn = undefined));
      completed.catch(() => undefined);
      return { ...pending, completed };
    } catch (error) {
      this.#signingIn = undefined;
      throw error;
    }
  }

  #context(): SignInContext {
    const { url: hosted, callbackPort, version } = this.#options;
    return {
      ...{ hosted, callbackPort, version, fetch: this.#fetch, records: this.#records },
      client: this.#options,
      browser: this.#options,
      closing: this.#closing.signal
    };
  }

  async #adopt(): Promise<void> {
    this.#record = await this.#records.read();
  }
}
