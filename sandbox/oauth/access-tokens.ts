interface Issued {
  grantId: string | undefined;
  clientId: string;
  expiresAt: number;
}

/**
 * Tracks which JWT access tokens are valid. A JWT is self-contained, so the resource server asks here whether
 * it was revoked before it expired.
 */
export class AccessTokens {
  readonly #issued = new Map<string, Issued>();
  readonly #revokedGrants = new Set<string>();

  /**
   * Records a new token, unless its grant was revoked while the token was being issued.
   */
  issue(jti: string, issued: Issued): void {
    if (issued.grantId !== undefined && this.#revokedGrants.has(issued.grantId)) return;
    this.#issued.set(jti, issued);
    if (this.#issued.size % 1_000 === 0) this.#forgetExpired();
  }

  isActive(jti: string): boolean {
    return this.#issued.has(jti);
  }

  /** Revokes a token if it belongs to this client. */
  revoke(jti: string, clientId: string): boolean {
    return this.#issued.get(jti)?.clientId === clientId && this.#issued.delete(jti);
  }

  revokeGrant(grantId: string): void {
    this.#revokedGrants.add(grantId);
    for (const [jti, issued] of this.#issued) if (issued.grantId === grantId) this.#issued.delete(jti);
  }

  /** Revokes every access token but no refresh tokens. Returns the number of tokens revoked. */
  revokeAll(): number {
    const { size } = this.#issued;
    this.#issued.clear();
    return size;
  }

  #forgetExpired(): void {
    const now = Date.now();
    for (const [jti, { expiresAt }] of this.#issued) if (expiresAt < now) this.#issued.delete(jti);
  }
}
