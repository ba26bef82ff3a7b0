/** How the hosted server refused a request. */
export interface Refusal {
  status: 401 | 403;
  /** The `WWW-Authenticate` field as it was sent (RFC 9110 section 11.6.1), all values joined. */
  wwwAuthenticate: string | undefined;
  /** The bearer token that was refused; undefined when none was sent. */
  token: string | undefined;
}

/** A sign-in that has been started, here or by another process of this machine, and waits for the user. */
export interface PendingSignIn {
  method: "loopback" | "device";
  /** The link for the user: checked to be https (or http on a loopback host), without user name. */
  url: string;
  /** The code to compare or type in, device flow only (RFC 8628 section 3.3). */
  userCode: string | undefined;
  /** Whether a browser was opened with the link. */
  browserOpened: boolean;
  /** When the link stops working, in milliseconds since the epoch. */
  expiresAt: number;
  /** Settles when the user is done: resolves when signed in, rejects with an ImgwireError otherwise. */
  completed: Promise<void>;
}

/**
 * What the bridge needs of whoever owns the tokens. The bridge never sees a refresh token, never chooses a flow
 * and never opens a browser.
 */
export interface Authorization {
  /** The bearer token for the next request, refreshed if it is about to expire; undefined when signed out. */
  token(): Promise<string | undefined>;
  /**
   * A token to repeat a refused request with, once.
   * @throws SignInNeededError when only a sign-in can help; UnreachableError when the authorization server fails
   */
  onUnauthorized(refusal: Refusal): Promise<string>;
  /**
   * Starts this machine's one sign-in, or joins the one that is under way.
   * @param refusal the hosted server's challenge, where there was one: it may name metadata and scopes
   * @throws ImgwireError when no sign-in can be offered (discovery failed, a fixed access token is in use)
   */
  signIn(refusal?: Refusal): Promise<PendingSignIn>;
}
