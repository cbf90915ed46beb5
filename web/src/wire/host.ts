// What a host is to the page: something that takes messages and answers with frames. There are
// three: a WebSocket (page), anywidget's comm (notebook), a recording (offline report).
import type { Answer } from "./frames";
import type { Asked } from "./messages";

export interface Host {
  /** What this host can do; what it cannot is not shown. */
  readonly can: {
    /** Answer to settings that change (a recording cannot). */
    readonly train: boolean;
    /** Put the session into the address of the page. */
    readonly fragment: boolean;
  };
  /** Send a message, with a buffer beside it if there is one. Lost while not connected. */
  send(message: Asked, buffer?: Uint8Array): void;
  /** Be told of answers. */
  onAnswer(listen: (answer: Answer) => void): void;
  /** Be told when the host comes ("open": say hello and open the session again) and goes. */
  onStatus(listen: (status: HostStatus) => void): void;
  /** Fetch a file of the lab, where no server has it: in a notebook. */
  file?(name: string): Promise<ArrayBuffer | ArrayBufferView>;
  close(): void;
}
export type HostStatus = "connecting" | "open" | "lost" | "refused";
