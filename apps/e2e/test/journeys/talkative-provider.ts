import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An OpenID provider that repeats in its errors whatever it was told: some do. */
export class TalkativeProvider {
  private constructor(
    private readonly server: Server,
    readonly issuer: string,
  ) {}

  static async start(): Promise<TalkativeProvider> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('request', (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const told = `${request.headers.authorization ?? ''} ${Buffer.concat(chunks).toString()}`;
        const isDiscovery = request.url?.startsWith('/.well-known/');
        const body = isDiscovery
          ? {
              issuer,
              authorization_endpoint: `${issuer}/authorize`,
              token_endpoint: `${issuer}/token`,
              jwks_uri: `${issuer}/jwks`,
              response_types_supported: ['code'],
              subject_types_supported: ['public'],
              id_token_signing_alg_values_supported: ['RS256'],
              code_challenge_methods_supported: ['S256'],
            }
          : { error: 'invalid_grant', error_description: told };
        response.writeHead(isDiscovery ? 200 : 400, { 'content-type': 'application/json' });
        response.end(JSON.stringify(body));
      });
    });
    return new TalkativeProvider(server, issuer);
  }

  stop(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }
}
