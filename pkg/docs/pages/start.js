// Starts the viewer. Where its document is stands in the page, for the page
// knows how deep in the site it was asked for.
"use strict";
(function () {
  const place = document.getElementById("viewer");

  // The viewer's own stylesheet is dark by this class, not by itself.
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const paint = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
  dark.addEventListener("change", paint);
  paint();

  // The document names the service by its public address. Here requests go to
  // where the page came from: the policy allows nothing else, and it is the same
  // service when it is looked at past its proxy.
  const here = new URL(place.dataset.root, window.location.href).href.replace(/\/$/, "");
  const stayHere = () => ({
    statePlugins: { spec: { wrapActions: {
      updateJsonSpec: (update) => (document) => update(document ? { ...document, servers: [{ url: here }], paths: served(document.paths) } : document),
    } } },
  });

  // Operations that only say where to go instead have nothing to try. The viewer shows
  // three operations and no more when there are more than some 120 of them.
  const served = (paths) => Object.fromEntries(Object.entries(paths || {}).map(([path, item]) =>
    [path, Object.fromEntries(Object.entries(item).filter(([, part]) => !(part.tags || []).includes("refused")))]));

  window.SwaggerUIBundle({
    domNode: place,
    url: place.dataset.document,
    presets: [window.SwaggerUIBundle.presets.apis],
    plugins: [stayHere],
    layout: "BaseLayout",
    deepLinking: true,
    tryItOutEnabled: true,
    persistAuthorization: false, // a token on a shared machine must not outlive the page
    validatorUrl: null, // the badge would send the document's address to a stranger
  });
})();
