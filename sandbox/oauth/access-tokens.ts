interface Issued {
  grantId: string | undefined;
  clientId: string;
  expiresAt: number;
}

/**
 * Which JWT access tokens are still good. A JWT stands on its own until it expires; the resource server asks
 * here whether it was revoked before its time.
 */
export class AccessTokens {
  readonly #issued = new Map<string, Issued>();
  readonly #revokedGrants = new Set<string>();

  /** Records a new token. One that was being made while its grant was revoked is born dead. */
  issue(jti: string, issued: Issued): void {
    if (issued.grantId !== undefined && this.#revokedGrants.has(issued.grantId)) return;
    this.#issued.set(jti, issued);
    if (this.#issued.size % 1_000 === 0) this.#forgetExpired();
  }

  isActive(jti: string): boolean {
    return this.#issued.has(jti);
  }

  /** Revokes one token if it is this client's. */
  revoke(jti: string, clientId: string): boolean {
    return this.#issued.get(jti)?.clientId === clientId && this.#issued.delete(jti);
  }

  revokeGrant(grantId: string): void {
    this.#revokedGrants.add(grantId);
    for (const [jti, issued] of this.#issued) if (issued.grantId === grantId) this.#issued.delete(jti);
  }

  /** Revokes every access token there is; refresh tokens stay good. Returns how many there were. */
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
