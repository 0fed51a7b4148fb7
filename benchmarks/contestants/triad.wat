;; STREAM's triad a[i] = b[i] + s c[i] over float32: two streams read, one written, nothing else to do.
;; Unrolled by four vectors, as the fused kernels are. n must be a multiple of 16.
(module
  (memory (export "memory") 1 65536)
  (func (export "triad") (param $a i32) (param $b i32) (param $c i32) (param $n i32) (param $s f32)
    (local $end i32) (local $scale v128)
    (local.set $scale (f32x4.splat (local.get $s)))
    (local.set $end (i32.add (local.get $a) (i32.shl (local.get $n) (i32.const 2))))
    (loop $next
      (v128.store (local.get $a)
        (f32x4.add (v128.load (local.get $b)) (f32x4.mul (local.get $scale) (v128.load (local.get $c)))))
      (v128.store offset=16 (local.get $a)
        (f32x4.add (v128.load offset=16 (local.get $b)) (f32x4.mul (local.get $scale) (v128.load offset=16 (local.get $c)))))
      (v128.store offset=32 (local.get $a)
        (f32x4.add (v128.load offset=32 (local.get $b)) (f32x4.mul (local.get $scale) (v128.load offset=32 (local.get $c)))))
      (v128.store offset=48 (local.get $a)
        (f32x4.add (v128.load offset=48 (local.get $b)) (f32x4.mul (local.get $scale) (v128.load offset=48 (local.get $c)))))
      (local.set $a (i32.add (local.get $a) (i32.const 64)))
      (local.set $b (i32.add (local.get $b) (i32.const 64)))
      (local.set $c (i32.add (local.get $c) (i32.const 64)))
      (br_if $next (i32.lt_u (local.get $a) (local.get $end))))))
