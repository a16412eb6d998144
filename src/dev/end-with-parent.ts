import { spawn } from "node:child_process";
import { Socket } from "node:net";

/**
 * Ends the process `pid` when this process ends. A shell waits on a pipe whose other end only this
 * process holds; when this process dies, even by KILL, the pipe closes and the shell ends the
 * other: no exit hook could do that. The returned function calls the shell off.
 */
export function endWithParent(pid: number): () => void {
  const script = `read -r _; kill -TERM ${pid} && sleep 1 && kill -KILL ${pid}`;
  const shell = spawn("/bin/sh", ["-c", script], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
  shell.on("error", () => undefined);
  shell.stdin.on("error", () => undefined);
  shell.unref();
  if (shell.stdin instanceof Socket) shell.stdin.unref();
  return () => shell.kill("SIGKILL");
}
