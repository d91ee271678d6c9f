// Of the library `pg` what is used here.

declare module 'pg' {
  interface ClientConfig {
    readonly host: string;
    readonly port: number;
    readonly user?: string;
    readonly password?: string;
    readonly database: string;
    readonly ssl?: boolean | { readonly rejectUnauthorized: boolean };
    readonly application_name: string;
    readonly connectionTimeoutMillis: number;
    readonly query_timeout: number;
    readonly keepAlive: boolean;
    readonly keepAliveInitialDelayMillis: number;
    readonly pipeline?: boolean;
  }

  export class Client {
    constructor(config: ClientConfig);
    connect(): Promise<void>;
    query(text: string, values?: readonly unknown[]): Promise<{ readonly rows: Record<string, unknown>[] }>;
    end(): Promise<void>;
    on(event: 'error' | 'end', listener: (error?: Error) => void): this;
    readonly connection: { readonly stream: { destroy(): void } };
  }
}
