import type { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Connection } from 'rabbitmq-client';

/** The socket that rabbitmq-client 5.0.8 writes its frames to. Every connection has a new one. */
interface SocketOwner {
  readonly _socket: Socket;
}

/**
 * Sends all that is written in one turn of the event loop as one piece. The client writes each message and
 * each acknowledgement by itself, and a system call for each costs more than everything else about it,
 * here and in the broker. To be called after every (re)connection.
 */
export function gatherWrites(connection: Connection): void {
  // An internal of the client: the test fails if it changes.
  const { _socket: socket } = connection as unknown as SocketOwner;
  const write = socket.write.bind(socket) as (...args: readonly unknown[]) => boolean;
  let gathering = false;
  socket.write = (...args: readonly unknown[]): boolean => {
    if (!gathering) {
      gathering = true;
      socket.cork();
      setImmediate(() => {
        gathering = false;
        socket.uncork();
      });
    }
    return write(...args);
  };
}

/** Resolves once everything that was written in this turn of the event loop has been sent. */
export async function gatheredWritesLeft(): Promise<void> {
  // A message reaches the socket some promises later, which may be in the next turn.
  await nextTurn();
  await nextTurn();
}
