import { execFileSync } from "node:child_process";
import { closeSync, constants, lstatSync, openSync, rmSync, writeSync } from "node:fs";

/**
 * A share in the life of the embedded server: an open write end of a named pipe. A shell beside the server reads the pipe and
 * stops the server at end-of-file, which the kernel delivers when the last holder lets go or dies, SIGKILL included. So several
 * processes share one server and none of them owns it.
 */
export interface Lease {
  /** False once nobody reads the pipe any more: the server is stopping. */
  isHeld(): boolean;
  /** Safe twice. */
  release(): void;
}

function toLease(fd: number): Lease {
  let isOpen = true;
  return {
    isHeld() {
      if (!isOpen) return false;
      try {
        writeSync(fd, "\n");
        return true;
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        // A full pipe still has its reader.
        if (code === "EAGAIN") return true;
        if (code === "EPIPE") return false;
        throw error;
      }
    },
    release() {
      if (isOpen) closeSync(fd);
      isOpen = false;
    },
  };
}

/** Joins those who keep the running server alive. Undefined when no server is watched here. */
export function joinLease(path: string): Lease | undefined {
  try {
    return toLease(openSync(path, constants.O_WRONLY | constants.O_NONBLOCK));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENXIO" || code === "ENOENT") return undefined;
    throw error;
  }
}

/** A first lease, with the read end for the shell that will watch it. The caller closes `readFd` once the shell has it. */
export function createLease(path: string): { lease: Lease; readFd: number } {
  if (lstatSync(path, { throwIfNoEntry: false })?.isFIFO() !== true) {
    rmSync(path, { force: true });
    // Fails when another process made it first, which is as good.
    try {
      execFileSync("mkfifo", ["-m", "600", path], { stdio: "pipe" });
    } catch (error) {
      if (lstatSync(path, { throwIfNoEntry: false })?.isFIFO() !== true) throw error;
    }
  }
  // Each end alone would wait for the other one to be opened.
  const both = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  const readFd = openSync(path, constants.O_RDONLY);
  const writeFd = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  closeSync(both);
  return { lease: toLease(writeFd), readFd };
}
