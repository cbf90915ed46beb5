// All styles of the replay as one text: see vite.static.config.ts.
declare module "virtual:styles" {
  const styles: string;
  export default styles;
}
