/** How the hosted server refused a request, as a sign-in needs to know it. */
export interface AuthChallenge {
  status: 401 | 403;
  /** The `WWW-Authenticate` field as it was sent (RFC 9110 section 11.6.1), all values joined. */
  wwwAuthenticate: string | undefined;
  /** The bearer token that was refused; undefined when none was sent. */
  token: string | undefined;
  /** Whether the refused request had been repeated with another token already. */
  repeated?: boolean;
}

/** A sign-in that was started, by this process or another one on this machine, and waits for the user. */
export interface PendingSignIn {
  method: "loopback" | "device";
  /** The link for the user: checked to be https (or http on a loopback host), without a user name. */
  url: string;
  /** The code to compare or type in; device flow only (RFC 8628 section 3.3). */
  userCode: string | undefined;
  /** Whether a browser was opened with the link. */
  browserOpened: boolean;
  /** When the link stops working, in milliseconds since the epoch. */
  expiresAt: number;
  /** Resolves when the tokens are stored; rejects with an ImgwireError when there will be none. */
  completed: Promise<void>;
}

/**
 * What the MCP side needs from whoever owns the tokens. It never sees a refresh token, never picks a flow and
 * never opens a browser.
 */
export interface AuthProvider {
  /** The bearer token for the next request, refreshed if it is about to expire; undefined when signed out. */
  token(): Promise<string | undefined>;
  /**
   * Returns a token to repeat a refused request with, once.
   * @throws SignInNeededError when only a sign-in can help; UnreachableError when the authorization server
   *   fails
   */
  onUnauthorized(challenge: AuthChallenge): Promise<string>;
  /**
   * Starts this machine's one sign-in, or joins the one under way.
   * @param challenge the hosted server's challenge, if there was one: it may name metadata and scopes
   * @param options `returnTo`: the program that the user goes back to, as it calls itself
   * @throws ImgwireError when no sign-in can be offered (discovery failed, a fixed access token is in use)
   */
  signIn(challenge?: AuthChallenge, options?: { returnTo?: string | undefined }): Promise<PendingSignIn>;
}
