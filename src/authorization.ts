/** A request that the hosted server refused, and why. */
export interface AuthChallenge {
  status: 401 | 403;
  /** The `WWW-Authenticate` field as sent (RFC 9110 section 11.6.1), all values joined. */
  wwwAuthenticate: string | undefined;
  /** The bearer token that was refused; undefined when none was sent. */
  token: string | undefined;
  /** True if the refused request was already a repetition with another token. */
  repeated?: boolean;
}

/** A sign-in that is waiting for the user, started by this process or another one on this machine. */
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
  /** Resolves when the tokens are stored; rejects with an ImgwireError if the sign-in fails. */
  completed: Promise<void>;
}

/** Gives `mcp/` access tokens, so that it never sees a refresh token, picks a flow or opens a browser. */
export interface AuthProvider {
  /** The bearer token for the next request, refreshed if it is about to expire; undefined when signed out. */
  token(): Promise<string | undefined>;
  /**
   * Returns a token for repeating a refused request, once.
   * @throws SignInNeededError if only a sign-in can help; UnreachableError if the authorization server fails
   */
  onUnauthorized(challenge: AuthChallenge): Promise<string>;
  /**
   * Starts this machine's one sign-in, or joins the one in progress.
   * @param challenge the hosted server's challenge, if there was one: it may name metadata and scopes
   * @param options `returnTo`: the name of the program to return to
   * @throws ImgwireError if no sign-in can be offered (discovery failed, a fixed access token is in use)
   */
  signIn(challenge?: AuthChallenge, options?: { returnTo?: string | undefined }): Promise<PendingSignIn>;
}
