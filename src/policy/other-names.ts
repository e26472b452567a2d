import type { ProxyId } from './proxies.ts'

/**
 * Other names of proxies in the table, and names of proxies that are built on one of them. Without case and separators,
 * nearest entry first.
 */
export const otherNames: Readonly<Record<string, readonly ProxyId[]>> = {
  ambassador: ['envoy'],
  apisix: ['nginx'],
  awselb: ['aws-alb', 'aws-nlb', 'aws-classic-elb'],
  cloudflared: ['cloudflare-tunnel'],
  contour: ['envoy'],
  elb: ['aws-alb', 'aws-nlb', 'aws-classic-elb'],
  emissary: ['envoy'],
  emissaryingress: ['envoy'],
  k8s: ['ingress-nginx', 'istio', 'kube-proxy'],
  kubernetes: ['ingress-nginx', 'istio', 'kube-proxy'],
  openresty: ['nginx', 'nginx-legacy'],
}
