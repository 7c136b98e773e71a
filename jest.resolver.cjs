// Our sources import each other as they are called once compiled (`./x.js`); here they are `./x.ts`. Packages are what they say they are,
// and asking for each of their files under another ending first is what took most of the time of a spec.
const OURS = /^\.{1,2}\/.*\.js$/;

module.exports = (path, options) => {
  if (!OURS.test(path) || options.basedir.includes('node_modules'))
    return options.defaultResolver(path, options);
  try {
    return options.defaultResolver(path.replace(/\.js$/, '.ts'), options);
  } catch {
    return options.defaultResolver(path, options);
  }
};
