// The first script of each page: from here on, no script runs in it but the site's own and those it lets in itself.
"use strict";
const nonce = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(18))));
{
  const policy = document.createElement("meta");
  policy.httpEquiv = "Content-Security-Policy";
  policy.content = `script-src 'self' blob: 'wasm-unsafe-eval' 'nonce-${nonce}'`;
  document.head.append(policy);
}
