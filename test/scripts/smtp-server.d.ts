// The part of smtp-server that the test uses; it comes without types.
declare module 'smtp-server' {
  import type { Readable } from 'node:stream';
  import type { AddressInfo } from 'node:net';

  interface Session {
    envelope: { mailFrom: { address: string }; rcptTo: { address: string }[] };
  }

  export class SMTPServer {
    constructor(options: {
      authOptional: boolean;
      disabledCommands: string[];
      onData: (stream: Readable, session: Session, done: () => void) => void;
    });
    listen(port: number, host: string, listening: () => void): { address: () => AddressInfo };
    close(closed: () => void): void;
  }
}
