import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { run } from "./command.ts";

/** Path on this machine → path in the image. */
export type Programs = Readonly<Record<string, string>>;

/**
 * Fills a folder with programs of this Linux machine and the shared libraries they load: the
 * smallest root file system in which they run. It takes a second; a distribution takes a minute.
 */
export async function fillRootfs(folder: string, programs: Programs): Promise<void> {
  for (const [from, to] of Object.entries(programs)) {
    copyInto(folder, from, to);
    for (const library of await librariesOf(from)) copyInto(folder, library, library);
  }
  const optional = ["/etc/ssl/certs/ca-certificates.crt", "/etc/ld.so.cache"];
  for (const file of optional) if (existsSync(file)) copyInto(folder, file, file);
  writeText(folder, "/etc/passwd", "root:x:0:0::/root:/bin/sh\nnode:x:1000:1000::/tmp:/bin/sh\n");
  writeText(folder, "/etc/group", "root:x:0:\nnode:x:1000:\n");
  writeText(folder, "/etc/nsswitch.conf", "hosts: files dns\n");
  mkdirSync(join(folder, "usr/bin"), { recursive: true });
  symlinkSync("usr/bin", join(folder, "bin"));
  for (const name of ["root", "var"]) mkdirSync(join(folder, name), { recursive: true });
  mkdirSync(join(folder, "tmp"));
  // By chmod: the mode given to mkdir is cut by the umask.
  chmodSync(join(folder, "tmp"), 0o1777);
}

export function writeText(folder: string, path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

export function copyInto(folder: string, from: string, to: string): void {
  mkdirSync(dirname(join(folder, to)), { recursive: true });
  copyFileSync(from, join(folder, to));
}

async function librariesOf(program: string): Promise<readonly string[]> {
  // ldd fails for a static program: it needs none.
  const listing = await run("ldd", [program], { timeoutMs: 20_000 }).catch(() => "");
  const libraries = [...listing.matchAll(/(\/\S+) \(0x/g)].flatMap((match) => match[1] ?? []);
  // Before glibc 2.34 names are looked up by libraries that the C library loads by itself.
  const libc = libraries.find((library) => library.endsWith("/libc.so.6"));
  const silent =
    libc === undefined ? [] : ["libnss_dns.so.2", "libnss_files.so.2", "libresolv.so.2"];
  const folder = dirname(libc ?? "/");
  return [...libraries, ...silent.map((name) => join(folder, name)).filter(existsSync)];
}
