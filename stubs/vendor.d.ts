// Third-party browser files without types of their own.
declare module "vendor/*" {
  export const io: any;
}
