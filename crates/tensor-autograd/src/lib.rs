//! tensor-autograd
